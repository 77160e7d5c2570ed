//! Programs of the system: Debian's packages, or a sentence that names them.

use std::path::Path;

use super::find_on_path;
use crate::shell::{Result, Step};

fn on_path(program: &str) -> bool {
    find_on_path(program).is_ok()
}

/// A package, and how one sees that what it brings is there, whoever installed it.
struct Package {
    name: &'static str,
    seen_by: Sign,
}

enum Sign {
    /// A program on PATH.
    Program(&'static str),
    /// One program of several names on PATH.
    ProgramOf(&'static [&'static str]),
    /// A file or folder.
    Path(&'static str),
    /// Postgres' server programs, which Debian keeps off PATH.
    PostgresServer,
}

const POSTGRES: Package = Package {
    name: "postgresql",
    seen_by: Sign::PostgresServer,
};

const BROWSERS_AND_DATABASE: &[Package] = &[
    Package {
        name: "chromium",
        seen_by: Sign::Program("chromium"),
    },
    Package {
        name: "chromium-driver",
        seen_by: Sign::Program("chromedriver"),
    },
    Package {
        name: "xvfb",
        seen_by: Sign::Program("Xvfb"),
    },
    Package {
        name: "openbox",
        seen_by: Sign::Program("openbox"),
    },
    Package {
        name: "xdotool",
        seen_by: Sign::Program("xdotool"),
    },
    POSTGRES,
    Package {
        name: "fonts-noto-core",
        seen_by: Sign::Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf"),
    },
    Package {
        name: "fonts-noto-mono",
        seen_by: Sign::Path("/usr/share/fonts/truetype/noto/NotoSansMono-Regular.ttf"),
    },
    Package {
        name: "fonts-noto-color-emoji",
        seen_by: Sign::Path("/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"),
    },
];

const FIREFOX: &[Package] = &[Package {
    name: "firefox-esr",
    seen_by: Sign::ProgramOf(&["firefox", "firefox-esr"]),
}];

const TRACER: &[Package] = &[Package {
    name: "strace",
    seen_by: Sign::Program("strace"),
}];

const CPP_COMPILER: &[Package] = &[Package {
    name: "g++",
    seen_by: Sign::Program("c++"),
}];

const NPM: &[Package] = &[
    Package {
        name: "nodejs",
        seen_by: Sign::Program("node"),
    },
    Package {
        name: "npm",
        seen_by: Sign::Program("npm"),
    },
];

/// Chromium with its driver and screen, and Postgres: what the tests drive, and what the demonstration opens.
pub(crate) fn install_browsers_and_database() -> Result<()> {
    install(BROWSERS_AND_DATABASE)
}

/// What the relay is measured with: a database, and npm, with which the rivals come.
pub(crate) fn install_database_and_npm() -> Result<()> {
    install(&[POSTGRES])?;
    install_npm()
}

/// Firefox, with which a guest in the tests comes.
pub(crate) fn install_firefox() -> Result<()> {
    install(FIREFOX)
}

/// strace, with which the tests see the order of the relay's system calls.
pub(crate) fn install_tracer() -> Result<()> {
    install(TRACER)
}

/// A compiler of C++, in which the fuzzer is written.
pub(crate) fn install_cpp_compiler() -> Result<()> {
    install(CPP_COMPILER)
}

/// npm, with which the remaining tools come.
pub(super) fn install_npm() -> Result<()> {
    install(NPM)
}

fn install(packages: &[Package]) -> Result<()> {
    let missing: Vec<&str> = packages
        .iter()
        .filter(|p| !p.seen_by.is_there())
        .map(|p| p.name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !on_path("apt-get") {
        return Err(format!(
            "this machine lacks what Debian calls: {names}. It has no apt-get, so please install the same with \
             its own package manager, then run the command again"
        ));
    }
    let apt_get = |arguments: &[&str]| {
        let root = rustix::process::geteuid().is_root();
        let step = if root {
            Step::new("apt-get")
        } else {
            Step::new("sudo").arg("apt-get")
        };
        step.env("DEBIAN_FRONTEND", "noninteractive")
            .args(arguments)
            .prepare()
    };
    let install = || {
        // A list that cannot be brought up to date may still be good enough.
        let _ = apt_get(&["update", "--quiet"]);
        let options = ["install", "--yes", "--quiet", "--no-install-recommends"];
        apt_get(&[options.as_slice(), missing.as_slice()].concat())
    };
    install().map_err(|problem| format!("{problem}; install these packages yourself and try again: {names}"))
}

impl Sign {
    fn is_there(&self) -> bool {
        match self {
            Self::Program(program) => on_path(program),
            Self::ProgramOf(names) => names.iter().any(|name| on_path(name)),
            Self::Path(path) => Path::new(path).exists(),
            Self::PostgresServer => {
                let versions = std::fs::read_dir("/usr/lib/postgresql")
                    .into_iter()
                    .flatten()
                    .flatten();
                on_path("initdb")
                    || versions
                        .into_iter()
                        .any(|v| v.path().join("bin/initdb").is_file())
            }
        }
    }
}
