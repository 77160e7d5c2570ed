//! A private screen (Xvfb) for a headed browser, with a window manager, for what only a real window has: the
//! browser's own prompts, answered with real keys.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::process::ProcessGroup;
use crate::{Failure, Result};

/// Size of the screen in pixels.
const SIZE: (u32, u32) = (1280, 800);

/// How long the screen may take to start.
const START: Duration = Duration::from_secs(20);

/// A screen of one's own.
#[derive(Debug)]
pub struct Display {
    name: String,
    // Fields drop in order: the window manager before its screen.
    _window_manager: ProcessGroup,
    server: ProcessGroup,
    frame_buffer: tempfile::TempDir,
}

impl Display {
    /// Starts a screen on a number that is free, and a window manager on it.
    ///
    /// # Errors
    /// When `Xvfb` or `openbox` is not installed or does not start.
    pub fn start() -> Result<Self> {
        let frame_buffer = tempfile::Builder::new().prefix("tabspace-screen-").tempdir()?;
        let mut command = Command::new("Xvfb");
        let geometry = format!("{}x{}x24", SIZE.0, SIZE.1);
        command
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                &geometry,
                "-nolisten",
                "tcp",
                "-fbdir",
            ])
            .arg(frame_buffer.path())
            .stdout(Stdio::piped());
        let mut server = ProcessGroup::spawn(command, Some(frame_buffer.path()))?;
        let number = first_line(&mut server)?;
        let name = format!(":{number}");
        let mut command = Command::new("openbox");
        command.env("DISPLAY", &name).stdout(Stdio::null());
        let window_manager = ProcessGroup::spawn(command, None)?;
        Ok(Self {
            name,
            _window_manager: window_manager,
            server,
            frame_buffer,
        })
    }

    /// What the environment variable `DISPLAY` must hold to draw here.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Presses a key or a chord in the focused window, as `xdotool` names it: `Return`, `alt+shift+y`.
    ///
    /// # Errors
    /// When `xdotool` is not installed or refuses.
    pub fn press(&self, key: &str) -> Result<()> {
        self.xdotool(&["key", "--clearmodifiers", key]).map(drop)
    }

    /// Moves the pointer to a place of the screen and clicks there.
    ///
    /// # Errors
    /// As [`Display::press`].
    pub fn click(&self, x: u32, y: u32) -> Result<()> {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string(), "click", "1"])
            .map(drop)
    }

    /// Runs `xdotool` on this screen and returns what it wrote, for what has no name here.
    ///
    /// # Errors
    /// As [`Display::press`].
    pub fn xdotool(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("xdotool");
        command.args(arguments).env("DISPLAY", &self.name);
        let output = command
            .output()
            .map_err(|error| Failure(format!("cannot run xdotool: {error}")))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(Failure(format!(
            "xdotool {}: {}",
            arguments.join(" "),
            complaint.trim()
        )))
    }

    /// A picture of the whole screen, prompts of the browser included.
    ///
    /// # Errors
    /// When the screen's memory cannot be read or the picture not be written.
    pub fn screenshot(&self, path: &Path) -> Result<()> {
        self.look()?.write_png(path)
    }

    /// What the whole screen shows now, for what no debugging protocol tells: the browser's own prompts.
    ///
    /// # Errors
    /// When the screen's memory cannot be read.
    pub fn look(&self) -> Result<Picture> {
        let dump = std::fs::read(self.frame_buffer.path().join("Xvfb_screen0"))?;
        let picture = Picture::from_xwd(&dump).ok_or("the screen's memory has an unknown layout")?;
        Ok(picture)
    }

    /// What the screen's server wrote, for a failure's message.
    pub fn output(&self) -> String {
        self.server.output()
    }
}

/// Xvfb writes the number it chose as its first line.
fn first_line(server: &mut ProcessGroup) -> Result<String> {
    let stdout = server.take_stdout().ok_or("the screen's output is not piped")?;
    let (sender, receiver) = sync_channel(1);
    std::thread::spawn(move || {
        let mut reader = BufReader::new(stdout);
        let mut line = String::new();
        let outcome = reader.read_line(&mut line).map(|_| line.trim().to_owned());
        let _ = sender.send(outcome);
        let _ = reader.read_to_end(&mut Vec::new());
    });
    match receiver.recv_timeout(START) {
        Ok(Ok(line)) if !line.is_empty() => Ok(line),
        _ => Err(Failure(format!("Xvfb did not start: {}", server.output()))),
    }
}

/// Size of one entry of the colour table in an X window dump.
const COLOUR_BYTES: u32 = 12;

/// What a screen showed.
#[derive(Debug)]
pub struct Picture {
    width: u32,
    height: u32,
    rgb: Vec<u8>,
}

impl Picture {
    /// Reads an X window dump of 32 bits per pixel, the format of Xvfb's frame buffer file.
    fn from_xwd(dump: &[u8]) -> Option<Self> {
        let word = |index: usize| {
            let bytes = dump.get(index * 4..index * 4 + 4)?;
            Some(u32::from_be_bytes(bytes.try_into().ok()?))
        };
        let (header, width, height) = (word(0)?, word(4)?, word(5)?);
        let (little_endian, bits_per_pixel, bytes_per_line, colours) =
            (word(7)? == 0, word(11)?, word(12)?, word(19)?);
        if bits_per_pixel != 32 || !little_endian {
            return None;
        }
        let start = usize::try_from(header + colours * COLOUR_BYTES).ok()?;
        let stride = usize::try_from(bytes_per_line).ok()?;
        let (columns, rows) = (usize::try_from(width).ok()?, usize::try_from(height).ok()?);
        let mut rgb = Vec::with_capacity(columns * rows * 3);
        for row in 0..rows {
            let line = dump.get(start + row * stride..)?.get(..columns * 4)?;
            rgb.extend(
                line.chunks_exact(4)
                    .flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]),
            );
        }
        Some(Self { width, height, rgb })
    }

    /// The colour of a place: red, green and blue; none outside of the screen.
    pub fn colour(&self, x: u32, y: u32) -> Option<[u8; 3]> {
        if x >= self.width {
            return None;
        }
        let start = usize::try_from(y * self.width + x).ok()? * 3;
        self.rgb.get(start..start + 3)?.try_into().ok()
    }

    /// The rightmost place whose colour is wanted.
    pub fn rightmost(&self, wanted: impl Fn([u8; 3]) -> bool) -> Option<(u32, u32)> {
        (0..self.width).rev().find_map(|x| {
            let wanted = |y: &u32| self.colour(x, *y).is_some_and(&wanted);
            (0..self.height).find(wanted).map(|y| (x, y))
        })
    }

    fn write_png(&self, path: &Path) -> Result<()> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = std::io::BufWriter::new(std::fs::File::create(path)?);
        let mut encoder = png::Encoder::new(file, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&self.rgb));
        written.map_err(|error| Failure(format!("cannot write {}: {error}", path.display())))
    }
}
