//! The form that makes a link, the link, and below it the links there are.

use std::collections::BTreeSet;
use std::rc::Rc;

use protocol::op::person_name;
use protocol::rest::Invite;
use protocol::{InviteId, Role, SpaceId, TabId};
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::{Agreed, Visible};
use crate::language::Key;
use crate::ui::backend::{LinkMaker, LinkWish, Trouble};
use crate::ui::parts::{Banner, Button, Choice, CopyField, Field, Kind, Tone};
use crate::ui::say::say;
use crate::ui::share::links::LinkList;
use crate::ui::share::visible::VisibleList;
use crate::ui::share::{role_means, role_name};

const HOUR_MS: i64 = 60 * 60 * 1000;

/// How long a link can be good for.
const LIVES: [(&str, i64, Key); 4] = [
    ("1h", HOUR_MS, Key::OneHour),
    ("1d", 24 * HOUR_MS, Key::OneDay),
    ("7d", 7 * 24 * HOUR_MS, Key::SevenDays),
    ("30d", 30 * 24 * HOUR_MS, Key::ThirtyDays),
];

/// What the form needs.
#[derive(Clone, PartialEq, Properties)]
pub struct Props {
    /// Where links come from.
    pub links: LinkMaker,
    /// The name others see; empty before it was given.
    pub your_name: String,
    /// The name is asked for when it is empty.
    pub ask_name: bool,
    /// This person's role: nobody gives more than the own.
    pub role: Role,
    /// The space is shared, under this id.
    #[prop_or_default]
    pub on_shared: Callback<SpaceId>,
}

#[derive(Clone, PartialEq)]
struct Form {
    visible: Option<Vec<Visible>>,
    left_out: BTreeSet<TabId>,
    name: String,
    role: Role,
    life: &'static str,
    making: bool,
    link: Option<AttrValue>,
    invites: Vec<Invite>,
    /// What could not be read.
    unread: Option<Trouble>,
    /// What could not be done.
    trouble: Option<Trouble>,
}

impl Form {
    /// What the person saw and ticked.
    fn agreed(&self) -> Vec<Agreed> {
        let shown = self.visible.iter().flatten();
        shown
            .filter(|tab| tab.never.is_none() && !self.left_out.contains(&tab.tab))
            .map(|tab| Agreed {
                tab: tab.tab,
                url: tab.url.clone(),
            })
            .collect()
    }
}

enum Input {
    VisibleCame(Result<Vec<Visible>, Trouble>),
    InvitesCame(Result<Vec<Invite>, Trouble>),
    ReadsAgain,
    Revoked(Result<Vec<Invite>, Trouble>),
    Ticked(TabId, bool),
    Named(String),
    RoleChosen(Role),
    LifeChosen(&'static str),
    Began,
    Made(Result<String, Trouble>),
    Dismissed,
}

impl Reducible for Form {
    type Action = Input;

    fn reduce(self: Rc<Self>, input: Input) -> Rc<Self> {
        let mut next = (*self).clone();
        match input {
            Input::VisibleCame(Ok(visible)) => next.visible = Some(visible),
            Input::InvitesCame(Ok(invites)) | Input::Revoked(Ok(invites)) => next.invites = invites,
            Input::VisibleCame(Err(why)) | Input::InvitesCame(Err(why)) => next.unread = Some(why),
            Input::ReadsAgain => next.unread = None,
            Input::Revoked(Err(why)) => next.trouble = Some(why),
            Input::Ticked(tab, true) => drop(next.left_out.remove(&tab)),
            Input::Ticked(tab, false) => drop(next.left_out.insert(tab)),
            Input::Named(name) => next.name = name,
            Input::RoleChosen(role) => next.role = role,
            Input::LifeChosen(life) => next.life = life,
            Input::Began => {
                next.making = true;
                next.trouble = None;
            }
            Input::Made(made) => {
                next.making = false;
                match made {
                    Ok(link) => {
                        next.link = Some(link.into());
                        next.visible = Some(Vec::new());
                    }
                    Err(why) => next.trouble = Some(why),
                }
            }
            Input::Dismissed => next.trouble = None,
        }
        Rc::new(next)
    }
}

fn load(form: &UseReducerHandle<Form>, links: &LinkMaker) {
    // Once it is known, what was left out stays left out.
    if form.visible.is_none() {
        let (form, visible) = (form.clone(), links.0.visible());
        spawn_local(async move { form.dispatch(Input::VisibleCame(visible.await)) });
    }
    load_invites(form, links);
}

fn load_invites(form: &UseReducerHandle<Form>, links: &LinkMaker) {
    let (form, invites) = (form.clone(), links.0.list());
    spawn_local(async move { form.dispatch(Input::InvitesCame(invites.await)) });
}

/// The form.
#[component]
pub fn ShareForm(props: &Props) -> Html {
    let start = Form {
        visible: None,
        left_out: BTreeSet::new(),
        name: props.your_name.clone(),
        role: if props.role >= Role::Editor {
            Role::Editor
        } else {
            Role::Viewer
        },
        life: "7d",
        making: false,
        link: None,
        invites: Vec::new(),
        unread: None,
        trouble: None,
    };
    let form = use_reducer(move || start);
    use_effect_with((), {
        let (form, links) = (form.clone(), props.links.clone());
        move |()| load(&form, &links)
    });
    let again = {
        let (form, links) = (form.clone(), props.links.clone());
        move |_: MouseEvent| {
            form.dispatch(Input::ReadsAgain);
            load(&form, &links);
        }
    };
    let ask_name = props.ask_name && props.your_name.is_empty() && form.link.is_none();
    let ready = form.visible.is_some() && (!props.ask_name || person_name(&form.name).is_ok());
    let onsubmit = {
        let (form, links, on_shared) = (form.clone(), props.links.clone(), props.on_shared.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let life_ms = LIVES
                .iter()
                .find(|(life, ..)| *life == form.life)
                .map_or(HOUR_MS, |(_, ms, _)| *ms);
            let wish = LinkWish {
                tabs: form.agreed(),
                role: form.role,
                life_ms,
                your_name: form.name.trim().to_owned(),
            };
            form.dispatch(Input::Began);
            let (form, links, on_shared) = (form.clone(), links.clone(), on_shared.clone());
            spawn_local(async move {
                match links.0.make(wish).await {
                    Ok((space, link)) => {
                        form.dispatch(Input::Made(Ok(link)));
                        on_shared.emit(space);
                        load_invites(&form, &links);
                    }
                    Err(why) => form.dispatch(Input::Made(Err(why))),
                }
            });
        }
    };
    let on_tick = {
        let form = form.clone();
        Callback::from(move |(tab, on)| form.dispatch(Input::Ticked(tab, on)))
    };
    let on_role = {
        let form = form.clone();
        Callback::from(move |name: String| {
            if let Some(role) = Role::from_name(&name) {
                form.dispatch(Input::RoleChosen(role));
            }
        })
    };
    let on_life = {
        let form = form.clone();
        Callback::from(move |life: String| {
            if let Some((life, ..)) = LIVES.iter().find(|(known, ..)| *known == life) {
                form.dispatch(Input::LifeChosen(life));
            }
        })
    };
    let on_name = {
        let form = form.clone();
        Callback::from(move |name| form.dispatch(Input::Named(name)))
    };
    let on_revoke = {
        let (form, links) = (form.clone(), props.links.clone());
        Callback::from(move |invite: InviteId| {
            let (form, left) = (form.clone(), links.0.revoke(invite));
            spawn_local(async move { form.dispatch(Input::Revoked(left.await)) });
        })
    };
    let on_close = {
        let form = form.clone();
        Callback::from(move |()| form.dispatch(Input::Dismissed))
    };
    let roles = Role::ALL
        .into_iter()
        .filter(|role| *role < Role::Owner && *role <= props.role);
    let roles: Vec<_> = roles
        .map(|role| (role.as_str().into(), say(role_name(role)).into()))
        .collect();
    let lives: Vec<_> = LIVES
        .iter()
        .map(|(life, _, key)| ((*life).into(), say(*key).into()))
        .collect();
    html! {
        <div class="share">
            <form class="share-form" {onsubmit}>
                if ask_name {
                    <Field label={say(Key::YourName)} value={form.name.clone()} on_input={on_name} hint={say(Key::YourNameHint)} maxlength={50} required=true
                        autocomplete="name" testid="your-name" />
                }
                if let Some(why) = &form.unread {
                    <Banner tone={Tone::Danger}>
                        { why.words() }<Button kind={Kind::Link} onclick={again} testid="try-again">{ say(Key::TryAgain) }</Button>
                    </Banner>
                }
                if form.visible.is_some() || form.unread.is_none() {
                    <VisibleList visible={form.visible.clone()} left_out={form.left_out.clone()} {on_tick} />
                }
                <div class="two">
                    <Choice label={say(Key::GuestsMay)} options={roles} value={form.role.as_str()} on_change={on_role} testid="role" />
                    <Choice label={say(Key::LinkWorksFor)} options={lives} value={form.life} on_change={on_life} testid="expiry" />
                </div>
                <p class="hint">{ say(role_means(form.role)) }</p>
                if let Some(trouble) = &form.trouble {
                    <Banner tone={Tone::Danger} {on_close}>{trouble.words()}</Banner>
                }
                if let Some(link) = form.link.clone() {
                    <CopyField label={say(Key::Link)} text={link} />
                    <p class="hint" role="status">{ say(Key::LinkHint) }</p>
                }
                <Button submit=true kind={if form.link.is_none() { Kind::Primary } else { Kind::Plain }} busy={form.making} disabled={!ready} testid="create-link">
                    { say(if form.making { Key::CreatingLink } else if form.link.is_some() { Key::CreateAnother } else { Key::CreateLink }) }
                </Button>
            </form>
            <LinkList invites={form.invites.clone()} {on_revoke} />
        </div>
    }
}
