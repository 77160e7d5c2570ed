//! The session of a page: what the relay's web page runs in its own process.
//!
//! Every tab of the page is a device of its own, with its own outbox. Tabs take numbered slots (a Web Lock
//! each), so the same few devices come back.

use std::rc::Rc;

use protocol::{DeviceId, MemberId, SpaceId, StreamId};
use wasm_bindgen::prelude::*;
use web_sys::MediaStream;

use super::lock::Lock;
use super::performer::{Core, Performer, Reach, Told};
use super::rest::Rest;
use super::store::Store;
use super::{Failure, outbox, random};
use crate::command::Command;
use crate::record::{Batch, DEVICE_KEY, Write};
use crate::session::Session;
use crate::statistics::Reading;
use crate::view::SpaceView;

/// More tabs of one page than this are refused.
const MOST_SLOTS: u32 = 64;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = addEventListener)]
    fn listen(event: &str, listener: &JsValue);
}

/// A page's session and its relay.
struct PageCore {
    session: Session,
    rest: Rest,
}

impl Core for PageCore {
    fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    fn rest(&self) -> Rest {
        self.rest.clone()
    }
}

/// A page's session, running.
pub struct Live {
    performer: Rc<Performer<PageCore>>,
    _slot: Lock,
}

impl Live {
    /// Starts the session of a page that this relay served. `on_change` is called whenever a view or media
    /// changed, often; it should only note that.
    ///
    /// # Errors
    /// When the browser gives neither locks nor storage.
    pub async fn start(relay: String, on_change: Rc<dyn Fn()>) -> Result<Rc<Self>, Failure> {
        let rest = Rest::of_page(&relay);
        let (number, slot) = free_slot().await?;
        let told = Box::new(move |_: Told| on_change());
        let performer = load(number, rest.clone(), Reach::Live, told).await?;
        let live = Rc::new(Self {
            performer,
            _slot: slot,
        });
        live.listen();
        wasm_bindgen_futures::spawn_local(send_left_behind(number, rest));
        Ok(live)
    }

    /// Opens a space that this person is a member of.
    pub fn open(&self, space: SpaceId, you: MemberId) {
        self.performer
            .with(|core, now| core.session.open(now, space, you));
    }

    /// Closes a space.
    pub fn close(&self, space: SpaceId) {
        self.performer.with(|core, now| core.session.close(now, space));
    }

    /// What there is to see of a space.
    pub fn view(&self, space: SpaceId) -> Option<SpaceView> {
        self.performer.look(|core| core.session.view(space))
    }

    /// The person wishes something.
    pub fn command(&self, space: SpaceId, command: Command) {
        self.performer
            .with(|core, now| core.session.command(now, space, command));
    }

    /// The picture and sound of a stream that is watched.
    pub fn media(&self, stream: StreamId) -> Option<MediaStream> {
        self.performer.media(stream)
    }

    /// What was counted until now of a stream's media.
    pub fn readings(&self, stream: StreamId) -> impl Future<Output = Vec<Reading>> + use<> {
        self.performer.readings(stream)
    }

    /// The relay's address and the calls to it.
    pub fn rest(&self) -> Rest {
        self.performer.rest()
    }

    fn listen(self: &Rc<Self>) {
        let on = |event: &str, act: fn(&Rc<Performer<PageCore>>)| {
            let weak = Rc::downgrade(self);
            let listener = Closure::<dyn Fn()>::new(move || {
                if let Some(live) = weak.upgrade() {
                    act(&live.performer);
                }
            });
            listen(event, &listener.into_js_value());
        };
        on("online", |performer| {
            performer.with(|core, now| core.session.network_changed(now));
        });
        on("pageshow", |performer| {
            performer.with(|core, now| core.session.network_changed(now));
        });
        on("pagehide", Performer::leave);
    }
}

async fn free_slot() -> Result<(u32, Lock), Failure> {
    for number in 0..MOST_SLOTS {
        if let Some(lock) = Lock::try_take(&slot_name(number)).await? {
            return Ok((number, lock));
        }
    }
    Err(Failure("too many tabs of this page are open".to_owned()))
}

fn slot_name(number: u32) -> String {
    format!("slot-{number}")
}

async fn load(
    number: u32,
    rest: Rest,
    reach: Reach,
    told: Box<dyn Fn(Told)>,
) -> Result<Rc<Performer<PageCore>>, Failure> {
    let store = Store::open(&format!("tabspace-{}", slot_name(number))).await?;
    let records = store.load_all().await?;
    let stored = records.iter().find(|(key, _)| key == DEVICE_KEY);
    let device =
        if let Some(device) = stored.and_then(|(_, text)| serde_json::from_str::<DeviceId>(text).ok()) {
            device
        } else {
            let device = DeviceId::from_bits(random::bits());
            let text = serde_json::to_string(&device).map_err(|error| Failure(error.to_string()))?;
            let writes = vec![Write::Put(DEVICE_KEY.to_owned(), text)];
            // Before anything is numbered under it.
            store.commit(&Batch { number: 0, writes }).await?;
            device
        };
    let mut session = Session::new(device, Box::new(random::bits), true);
    // Records that cannot be read stay on disk for a version that can.
    let _unreadable = session.restore(records);
    Ok(Performer::new(PageCore { session, rest }, store, reach, told))
}

/// A tab that was closed while it was offline left its outbox behind: whoever comes next sends it.
async fn send_left_behind(own: u32, rest: Rest) {
    for number in (0..MOST_SLOTS).filter(|number| *number != own) {
        let name = format!("tabspace-{}", slot_name(number));
        if !super::store::exists(&name).await {
            // Slots are taken from below: there is none above either.
            if number > own {
                return;
            }
            continue;
        }
        let Ok(Some(_slot)) = Lock::try_take(&slot_name(number)).await else {
            continue;
        };
        let Ok(performer) = load(number, rest.clone(), Reach::Storage, Box::new(|_| {})).await else {
            continue;
        };
        // Without the relay it stays where it is, for the next time.
        let _ = outbox::send(&performer).await;
        let _ = performer.on_disk().await;
    }
}
