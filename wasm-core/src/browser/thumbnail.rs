//! Small pictures of what is captured, for the host's own eyes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::prelude::*;
use web_sys::{
    Blob, FileReader, ImageBitmap, ImageEncodeOptions, MediaStreamTrack, OffscreenCanvas,
    OffscreenCanvasRenderingContext2d,
};

use super::{Failure, settled};

/// Pixels from side to side: twice what the side panel shows, for dense screens.
const WIDTH: u32 = 256;
const QUALITY: f64 = 0.7;

#[wasm_bindgen]
extern "C" {
    /// Takes single pictures of a track (W3C `MediaStream` Image Capture).
    type ImageCapture;
    #[wasm_bindgen(constructor, catch)]
    fn new(track: &MediaStreamTrack) -> Result<ImageCapture, JsValue>;
    #[wasm_bindgen(method, catch, js_name = grabFrame)]
    fn grab_frame(this: &ImageCapture) -> Result<Promise, JsValue>;
}

/// The last small picture of a track, and the way to the next.
pub struct Thumbnail {
    camera: ImageCapture,
    /// As a `data:` address.
    last: RefCell<Option<String>>,
    busy: Cell<bool>,
}

impl Thumbnail {
    /// Of this track; nothing is taken yet.
    ///
    /// # Errors
    /// When the track has ended.
    pub fn new(track: &MediaStreamTrack) -> Result<Rc<Self>, Failure> {
        Ok(Rc::new(Self {
            camera: ImageCapture::new(track)?,
            last: RefCell::default(),
            busy: Cell::default(),
        }))
    }

    /// The last picture that was taken. Another is asked for, and will be there some time: a page that does not
    /// move sends none.
    pub fn look(self: &Rc<Self>) -> Option<String> {
        if !self.busy.replace(true) {
            let thumbnail = Rc::clone(self);
            wasm_bindgen_futures::spawn_local(async move {
                // A track that ended has no more pictures; the last one stays until the capture is dropped.
                if let Ok(picture) = thumbnail.take().await {
                    thumbnail.last.replace(Some(picture));
                }
                thumbnail.busy.set(false);
            });
        }
        self.last.borrow().clone()
    }

    async fn take(&self) -> Result<String, Failure> {
        let frame: ImageBitmap = settled(self.camera.grab_frame()?).await?.unchecked_into();
        let (wide, high) = (frame.width().max(1), frame.height().max(1));
        let height = (high * WIDTH / wide).max(1);
        let canvas = OffscreenCanvas::new(WIDTH, height)?;
        let Some(context) = canvas.get_context("2d")? else {
            return Err(Failure("no canvas".to_owned()));
        };
        let context: OffscreenCanvasRenderingContext2d = context.unchecked_into();
        let drawn = context.draw_image_with_image_bitmap_and_dw_and_dh(
            &frame,
            0.0,
            0.0,
            f64::from(WIDTH),
            f64::from(height),
        );
        frame.close();
        drawn?;
        let options = ImageEncodeOptions::new();
        options.set_type("image/jpeg");
        options.set_quality(QUALITY);
        let blob = settled(canvas.convert_to_blob_with_options(&options)?).await?;
        data_address(blob.unchecked_ref()).await
    }
}

async fn data_address(blob: &Blob) -> Result<String, Failure> {
    let reader = FileReader::new()?;
    let done = Promise::new(&mut |resolve, _| reader.set_onloadend(Some(&resolve)));
    reader.read_as_data_url(blob)?;
    settled(done).await?;
    reader
        .result()?
        .as_string()
        .ok_or_else(|| Failure("the picture could not be read".to_owned()))
}
