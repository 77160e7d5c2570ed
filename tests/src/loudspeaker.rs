//! What a browser plays, as samples: a sound device of its own, made of ALSA's `file` plugin and a named pipe
//! that is read no faster than a loudspeaker plays.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::fs::{CWD, Mode, mkfifoat};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use crate::Result;
use crate::wait::{PATIENCE, wait_for};

/// Samples a second and channel.
const RATE: usize = 48_000;
/// Two channels of 16 bits.
const FRAME_BYTES: usize = 4;
/// How often the loudspeaker takes sound.
const TICK: Duration = Duration::from_millis(20);
const TICK_BYTES: usize = RATE / 50 * FRAME_BYTES;
/// A sine of a hundredth of the full scale is heard, rounding errors are not.
const SILENCE: i16 = 330;

/// A loudspeaker. Falls silent with its value.
#[derive(Debug)]
pub struct Loudspeaker {
    folder: tempfile::TempDir,
    /// The newest second of the left channel, or less.
    heard: Arc<Mutex<VecDeque<i16>>>,
    player: JoinHandle<()>,
}

impl Loudspeaker {
    /// A loudspeaker that nobody plays through yet.
    ///
    /// # Errors
    /// When its files cannot be made.
    pub fn new() -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("tabspace-loudspeaker-")
            .tempdir()?;
        let pipe = folder.path().join("sound");
        mkfifoat(CWD, &pipe, Mode::RUSR | Mode::WUSR).map_err(std::io::Error::from)?;
        // Written to as well, so that it never ends when the browser lets go of it.
        let sound = pipe::OpenOptions::new().read_write(true).open_receiver(&pipe)?;
        std::fs::write(folder.path().join("asound.conf"), configuration(&pipe))?;
        let heard = Arc::new(Mutex::new(VecDeque::with_capacity(RATE)));
        let player = tokio::spawn(play(sound, Arc::clone(&heard)));
        Ok(Self {
            folder,
            heard,
            player,
        })
    }

    /// What makes Chromium play through it: an argument and a variable of its environment.
    pub(crate) fn settings(&self) -> (&'static str, (&'static str, std::path::PathBuf)) {
        let configuration = self.folder.path().join("asound.conf");
        (
            "--alsa-output-device=default",
            ("ALSA_CONFIG_PATH", configuration),
        )
    }

    /// Waits until a whole second of this tone has been heard from now on, give or take a few hertz.
    ///
    /// # Errors
    /// When something else or nothing is heard, with what it was.
    pub async fn wait_for_tone(&self, hz: f64) -> Result<()> {
        let heard = || self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard().clear();
        let mut last = None;
        let found = wait_for(format!("a second of {hz} Hz"), PATIENCE, async || {
            last = frequency(heard().make_contiguous());
            Ok(last.filter(|heard| (heard - hz).abs() < 5.0))
        });
        match found.await {
            Ok(_) => Ok(()),
            Err(failure) => Err(failure.during(format!("listening, last to {last:?} Hz"))),
        }
    }
}

impl Drop for Loudspeaker {
    fn drop(&mut self) {
        self.player.abort();
    }
}

fn configuration(pipe: &Path) -> String {
    format!(
        "pcm.!default {{\n  type plug\n  slave {{\n    pcm {{ type file slave.pcm {{ type null }} file \"{}\" \
         format \"raw\" }}\n    format S16_LE\n    rate {RATE}\n    channels 2\n  }}\n}}\n",
        pipe.display()
    )
}

/// Takes sound as it is due. The browser waits when the pipe is full, as it does for a device.
async fn play(mut sound: pipe::Receiver, heard: Arc<Mutex<VecDeque<i16>>>) {
    let mut due = interval(TICK);
    due.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut bytes = vec![0; TICK_BYTES];
    while sound.read_exact(&mut bytes).await.is_ok() {
        {
            let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
            let left = bytes
                .chunks_exact(FRAME_BYTES)
                .map(|frame| i16::from_le_bytes([frame[0], frame[1]]));
            heard.extend(left);
            let too_old = heard.len().saturating_sub(RATE);
            heard.drain(..too_old);
        }
        due.tick().await;
    }
}

/// The frequency of a second of sound, by its zero crossings; `None` while it is shorter or has a silence in it.
fn frequency(samples: &[i16]) -> Option<f64> {
    let is_loud = |part: &[i16]| {
        part.iter()
            .any(|sample| sample.unsigned_abs() > SILENCE.unsigned_abs())
    };
    if samples.len() < RATE || !samples.chunks(RATE / 100).all(is_loud) {
        return None;
    }
    let rising = samples.windows(2).filter(|pair| pair[0] < 0 && pair[1] >= 0);
    u32::try_from(rising.count()).ok().map(f64::from)
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;

    fn sine(hz: f64) -> Vec<i16> {
        let sample = |at: u32| (f64::from(at) * hz * TAU / 48_000.0).sin() * 9_000.0;
        #[expect(clippy::cast_possible_truncation, reason = "nine thousand fits")]
        (0..48_000).map(|at| sample(at) as i16).collect()
    }

    #[test]
    fn a_tone_is_told_from_another_and_from_silence() {
        assert!((frequency(&sine(440.0)).unwrap_or_default() - 440.0).abs() < 1.5);
        assert!((frequency(&sine(880.0)).unwrap_or_default() - 880.0).abs() < 1.5);
        assert_eq!(frequency(&vec![0; 48_000]), None);
        let mut interrupted = sine(440.0);
        interrupted[20_000..21_000].fill(0);
        assert_eq!(frequency(&interrupted), None);
        assert_eq!(frequency(&sine(440.0)[..30_000]), None);
    }
}
