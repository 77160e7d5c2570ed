//! The types of the extension's and the web page's scripts, checked as `TypeScript` reads their comments.

use serde_json::json;

use crate::build;
use crate::repository::{self, root, target};
use crate::setup;
use crate::shell::{Result, Step};

/// Runs the checker over every script. The client must have been built: the scripts load it.
pub(super) fn check() -> Result<()> {
    setup::type_checker()?;
    build::clients()?;
    let modules = setup::npm_modules();
    let built = target().join("client-types");
    // The scripts say `../wasm/popup/tabspace.js`; the folder of that name only exists where all is put together.
    repository::write_files(&built, &build::client_types()?)?;
    let configuration = json!({
        "compilerOptions": {
            "allowJs": true,
            "checkJs": true,
            "noEmit": true,
            "strict": true,
            "target": "es2024",
            "module": "esnext",
            "moduleDetection": "force",
            "moduleResolution": "bundler",
            "lib": ["es2024", "esnext.disposable", "dom", "dom.iterable", "dom.asynciterable"],
            "types": ["chrome"],
            "typeRoots": [modules.join("@types")],
            "rootDirs": [root().join("extension"), root().join("web"), built],
        },
        "include": [root().join("extension/**/*.js"), root().join("web/**/*.js"), root().join("gallery/*.js"), root().join("tests/site/*.js"), root().join("tests/faults/*.js")],
    });
    let file = target().join("tools/tsconfig.json");
    repository::write(&file, configuration.to_string().as_bytes())?;
    Step::new(modules.join(".bin/tsc"))
        .arg("--project")
        .arg(file)
        .run()
}
