//! Buttons, with words or with a picture only.

use yew::prelude::*;

use crate::ui::parts::shortcut_hint::spoken;
use crate::ui::parts::{Icon, Name, Tooltip};

/// How much a button stands out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    /// One of several.
    #[default]
    Plain,
    /// The one action of the screen.
    Primary,
    /// What is live.
    Live,
    /// Barely there until it is wanted.
    Quiet,
    /// It takes something away.
    Danger,
    /// Within a sentence.
    Link,
}

impl Kind {
    const fn class(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Primary => Some("primary"),
            Self::Live => Some("live"),
            Self::Quiet => Some("quiet"),
            Self::Danger => Some("danger"),
            Self::Link => Some("link"),
        }
    }
}

/// What a button needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct ButtonProps {
    /// How much it stands out.
    #[prop_or_default]
    pub kind: Kind,
    /// A picture before the words.
    #[prop_or_default]
    pub icon: Option<Name>,
    /// What it began is not done yet: it keeps the focus, and a press does nothing.
    #[prop_or_default]
    pub busy: bool,
    /// It cannot be pressed.
    #[prop_or_default]
    pub disabled: bool,
    /// It sends the form that it stands in.
    #[prop_or_default]
    pub submit: bool,
    /// It was pressed.
    #[prop_or_default]
    pub onclick: Callback<MouseEvent>,
    /// What is read aloud instead of its words, where these alone do not say of what.
    #[prop_or_default]
    pub label: Option<AttrValue>,
    /// More classes, of the place that it stands in.
    #[prop_or_default]
    pub class: Classes,
    /// For tests.
    #[prop_or_default]
    pub testid: Option<&'static str>,
    /// Its words.
    pub children: Html,
}

/// A button with words.
#[component]
pub fn Button(props: &ButtonProps) -> Html {
    let onclick = {
        let (onclick, busy) = (props.onclick.clone(), props.busy);
        move |event: MouseEvent| {
            if busy {
                event.prevent_default();
            } else {
                onclick.emit(event);
            }
        }
    };
    let busy = props.busy.then_some("true");
    html! {
        <button type={if props.submit { "submit" } else { "button" }} class={classes!("button", props.kind.class(), props.class.clone())}
            disabled={props.disabled} aria-label={props.label.clone()} aria-disabled={busy} aria-busy={busy} {onclick} data-testid={props.testid}>
            if props.busy {
                <span class="spinner" aria-hidden="true"></span>
            } else if let Some(name) = props.icon {
                <Icon {name} />
            }
            { props.children.clone() }
        </button>
    }
}

/// What a button without words needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct IconButtonProps {
    /// The picture.
    pub icon: Name,
    /// What it does: read aloud, and seen as a tooltip.
    pub label: AttrValue,
    /// It is on or off.
    #[prop_or_default]
    pub pressed: Option<bool>,
    /// What it opens and closes is open.
    #[prop_or_default]
    pub expanded: Option<bool>,
    /// It opens a menu.
    #[prop_or_default]
    pub opens_menu: bool,
    /// It cannot be pressed.
    #[prop_or_default]
    pub disabled: bool,
    /// It sends the form that it stands in.
    #[prop_or_default]
    pub submit: bool,
    /// Keys that do the same, as [`ShortcutHint`](crate::ui::parts::ShortcutHint) takes them.
    #[prop_or_default]
    pub keys: Option<&'static str>,
    /// It was pressed.
    #[prop_or_default]
    pub onclick: Callback<MouseEvent>,
    /// The button, for who gives it the focus.
    #[prop_or_default]
    pub node: NodeRef,
    /// For tests.
    #[prop_or_default]
    pub testid: Option<&'static str>,
}

/// A button with a picture, whose words are its tooltip.
#[component]
pub fn IconButton(props: &IconButtonProps) -> Html {
    let state = |on: Option<bool>| on.map(|on| if on { "true" } else { "false" });
    html! {
        <Tooltip text={props.label.clone()} keys={props.keys}>
            <button type={if props.submit { "submit" } else { "button" }} class="icon-button" ref={props.node.clone()}
                aria-label={props.label.clone()} aria-pressed={state(props.pressed)} aria-expanded={state(props.expanded)}
                aria-haspopup={props.opens_menu.then_some("menu")} disabled={props.disabled} onclick={props.onclick.clone()}
                aria-keyshortcuts={props.keys.map(spoken)} data-testid={props.testid}>
                <Icon name={props.icon} />
            </button>
        </Tooltip>
    }
}
