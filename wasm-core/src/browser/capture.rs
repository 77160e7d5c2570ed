//! Capturing a tab: picture and sound, the sound still heard by the host.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{AudioContext, MediaStream, MediaStreamTrack};

use super::media::FRAME_RATE;
use super::thumbnail::Thumbnail;
use super::{Failure, object, settled};

/// The largest picture that is captured; a larger tab is scaled down to fit.
const MOST_WIDE: u32 = 1920;
const MOST_HIGH: u32 = 1200;
const LEAST: u32 = 2;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["navigator", "mediaDevices"], js_name = getUserMedia)]
    fn open_tab(constraints: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["navigator", "mediaDevices"], js_name = getDisplayMedia)]
    fn open_picked(options: &JsValue) -> Result<Promise, JsValue>;

    #[wasm_bindgen(extends = MediaStreamTrack)]
    type Hinted;
    #[wasm_bindgen(method, setter, js_name = contentHint)]
    fn set_content_hint(this: &Hinted, hint: &str);

    /// A track's own `clone`, which Rust's name hides.
    #[wasm_bindgen(extends = MediaStreamTrack)]
    type Copied;
    #[wasm_bindgen(method, js_name = clone)]
    fn copy(this: &Copied) -> MediaStreamTrack;
}

/// What to capture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The tab that Chrome gave this id for (`chrome.tabCapture.getMediaStreamId`), good for a few seconds
    /// and once.
    Tab(String),
    /// Whatever the person picks in the browser's own dialog: a tab or a window, nobody knows which.
    Picked,
}

/// A capture that runs until this is dropped.
pub struct Capture {
    stream: MediaStream,
    /// Captured sound is taken from the host's ears; this gives it back.
    _heard: Option<Heard>,
    ended: Closure<dyn FnMut()>,
    gates: Cell<Gates>,
    thumbnail: Option<Rc<Thumbnail>>,
}

/// Why picture or sound does not go out.
#[derive(Debug, Clone, Copy, Default)]
struct Gates {
    hidden: bool,
    paused: bool,
    muted: bool,
}

/// The host hears copies of the tracks: what is held back from others is still heard.
struct Heard {
    context: AudioContext,
    tracks: Vec<MediaStreamTrack>,
}

impl Drop for Heard {
    fn drop(&mut self) {
        for track in &self.tracks {
            track.stop();
        }
        // The promise tells when the device is free; nobody waits for that.
        let _ = self.context.close();
    }
}

impl Capture {
    /// Starts a capture. `ended` is called once when it ends by itself: the tab was closed, or the person
    /// stopped it in the browser's own bar.
    pub async fn start(subject: &Subject, ended: impl FnOnce() + 'static) -> Result<Self, Failure> {
        let promise = match subject {
            Subject::Tab(media_id) => open_tab(&tab_constraints(media_id))?,
            Subject::Picked => open_picked(&picker_options())?,
        };
        let stream: MediaStream = settled(promise).await?.dyn_into()?;
        let heard = match subject {
            Subject::Tab(_) if stream.get_audio_tracks().length() > 0 => Some(let_hear(&stream)?),
            _ => None,
        };
        let mut ended = Some(ended);
        let ended = Closure::<dyn FnMut()>::new(move || {
            if let Some(ended) = ended.take() {
                ended();
            }
        });
        for track in stream.get_video_tracks().iter() {
            let track: MediaStreamTrack = track.unchecked_into();
            track.unchecked_ref::<Hinted>().set_content_hint("detail");
            track.set_onended(Some(ended.as_ref().unchecked_ref()));
        }
        for track in stream.get_audio_tracks().iter() {
            track.unchecked_ref::<Hinted>().set_content_hint("music");
        }
        let picture = stream.get_video_tracks().get(0).dyn_into().ok();
        // Without a thumbnail it streams all the same.
        let thumbnail = picture.and_then(|track| Thumbnail::new(&track).ok());
        Ok(Self {
            stream,
            thumbnail,
            _heard: heard,
            ended,
            gates: Cell::default(),
        })
    }

    /// Picture and sound.
    pub fn stream(&self) -> &MediaStream {
        &self.stream
    }

    /// Sends black and silence until it is called with `false`: what is in the tab may not be seen.
    pub fn hide(&self, hidden: bool) {
        self.gates.set(Gates {
            hidden,
            ..self.gates.get()
        });
        self.open_gates();
    }

    /// Sends black and silence while `paused`, silence while `muted`: the person wants so.
    pub fn pause(&self, paused: bool, muted: bool) {
        self.gates.set(Gates {
            paused,
            muted,
            ..self.gates.get()
        });
        self.open_gates();
    }

    /// Whether the picture goes out.
    fn is_seen(&self) -> bool {
        let gates = self.gates.get();
        !gates.hidden && !gates.paused
    }

    /// What goes out, small, as a `data:` address; `None` while nothing does, and in the first moment.
    pub fn thumbnail(&self) -> Option<String> {
        self.thumbnail.as_ref().filter(|_| self.is_seen())?.look()
    }

    fn open_gates(&self) {
        let seen = self.is_seen();
        for track in self.stream.get_video_tracks().iter() {
            track.unchecked_into::<MediaStreamTrack>().set_enabled(seen);
        }
        for track in self.stream.get_audio_tracks().iter() {
            let heard = seen && !self.gates.get().muted;
            track.unchecked_into::<MediaStreamTrack>().set_enabled(heard);
        }
    }

    /// What the browser calls the picture, when that is a name and not a number.
    pub fn label(&self) -> Option<String> {
        let track: MediaStreamTrack = self.stream.get_video_tracks().get(0).dyn_into().ok()?;
        Some(track.label()).filter(|label| !label.is_empty() && !label.contains(':'))
    }

    /// Whether there is sound.
    pub fn has_audio(&self) -> bool {
        self.stream.get_audio_tracks().length() > 0
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        for track in self.stream.get_tracks().iter() {
            let track: MediaStreamTrack = track.unchecked_into();
            track.set_onended(None);
            track.stop();
        }
        let _ = &self.ended;
    }
}

/// Chrome's own constraints for a tab. Without bounds it would capture 800×600; with a least size unlike the
/// largest, the picture has the tab's size, also when that changes.
fn tab_constraints(media_id: &str) -> JsValue {
    let source = |bounds: JsValue| {
        let mandatory: js_sys::Object = bounds.unchecked_into();
        let wanted = object([
            ("chromeMediaSource", "tab".into()),
            ("chromeMediaSourceId", media_id.into()),
        ]);
        object([(
            "mandatory",
            js_sys::Object::assign(&mandatory, wanted.unchecked_ref()).into(),
        )])
    };
    let video = source(object([
        ("minWidth", LEAST.into()),
        ("maxWidth", MOST_WIDE.into()),
        ("minHeight", LEAST.into()),
        ("maxHeight", MOST_HIGH.into()),
        ("maxFrameRate", FRAME_RATE.into()),
    ]));
    object([("audio", source(object([]))), ("video", video)])
}

fn picker_options() -> JsValue {
    let video = object([
        ("frameRate", FRAME_RATE.into()),
        ("displaySurface", "browser".into()),
    ]);
    // The tab stays audible to the host, and its sound is not filtered like a voice.
    let audio = object([
        ("suppressLocalAudioPlayback", false.into()),
        ("echoCancellation", false.into()),
        ("noiseSuppression", false.into()),
        ("autoGainControl", false.into()),
    ]);
    // A whole screen shows more than anybody means to share, and what is shared does not change unseen.
    object([
        ("video", video),
        ("audio", audio),
        ("monitorTypeSurfaces", "exclude".into()),
        ("surfaceSwitching", "exclude".into()),
        ("selfBrowserSurface", "exclude".into()),
    ])
}

fn let_hear(stream: &MediaStream) -> Result<Heard, Failure> {
    let heard = Heard {
        context: AudioContext::new()?,
        tracks: stream
            .get_audio_tracks()
            .iter()
            .map(|track| track.unchecked_ref::<Copied>().copy())
            .collect(),
    };
    let tracks: Array = heard.tracks.iter().collect();
    let copy = MediaStream::new_with_tracks(&tracks)?;
    let source = heard.context.create_media_stream_source(&copy)?;
    source.connect_with_audio_node(&heard.context.destination())?;
    Ok(heard)
}
