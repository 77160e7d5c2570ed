//! The icons: Lucide's, on their grid of 24. Which drawing stands for what is said here and nowhere else; the
//! drawings themselves are in `lucide`, and `cargo xtask icons` puts there what is named here.

#[cfg_attr(
    feature = "popup",
    expect(dead_code, reason = "some drawings are of other pages")
)]
mod lucide;

use yew::prelude::*;

/// Which icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "an icon's name says it all")]
pub enum Name {
    #[cfg(not(feature = "popup"))]
    Archive,
    Back,
    Bin,
    Chat,
    Check,
    #[cfg(not(feature = "popup"))]
    Clock,
    Close,
    Copy,
    Down,
    Eye,
    Full,
    Gear,
    Info,
    More,
    #[cfg(not(feature = "popup"))]
    Move,
    Muted,
    #[cfg(not(feature = "popup"))]
    Open,
    Panel,
    Pause,
    Pen,
    Pin,
    Play,
    Plus,
    Save,
    Search,
    Send,
    Share,
    Sound,
    Stack,
    #[cfg(not(feature = "popup"))]
    Star,
    Stop,
    Stream,
    #[cfg(not(feature = "popup"))]
    Tag,
    Up,
    Users,
    Warning,
}

impl Name {
    /// All, for the gallery.
    #[cfg(feature = "gallery")]
    pub const ALL: &[Self] = &[
        Self::Archive,
        Self::Back,
        Self::Bin,
        Self::Chat,
        Self::Check,
        Self::Clock,
        Self::Close,
        Self::Copy,
        Self::Down,
        Self::Eye,
        Self::Full,
        Self::Gear,
        Self::Info,
        Self::More,
        Self::Move,
        Self::Muted,
        Self::Open,
        Self::Panel,
        Self::Pause,
        Self::Pen,
        Self::Pin,
        Self::Play,
        Self::Plus,
        Self::Save,
        Self::Search,
        Self::Send,
        Self::Share,
        Self::Sound,
        Self::Stack,
        Self::Star,
        Self::Stop,
        Self::Stream,
        Self::Tag,
        Self::Up,
        Self::Users,
        Self::Warning,
    ];

    const fn path(self) -> &'static str {
        match self {
            #[cfg(not(feature = "popup"))]
            Self::Archive => lucide::ARCHIVE,
            Self::Back => lucide::ARROW_LEFT,
            Self::Bin => lucide::TRASH,
            Self::Chat => lucide::MESSAGE_SQUARE,
            Self::Check => lucide::CHECK,
            #[cfg(not(feature = "popup"))]
            Self::Clock => lucide::CLOCK,
            Self::Close => lucide::X,
            Self::Copy => lucide::COPY,
            Self::Down => lucide::ARROW_DOWN,
            Self::Eye => lucide::EYE,
            Self::Full => lucide::MAXIMIZE,
            Self::Gear => lucide::SETTINGS,
            Self::Info => lucide::INFO,
            Self::More => lucide::ELLIPSIS,
            #[cfg(not(feature = "popup"))]
            Self::Move => lucide::FOLDER_INPUT,
            Self::Muted => lucide::VOLUME_X,
            #[cfg(not(feature = "popup"))]
            Self::Open => lucide::APP_WINDOW,
            Self::Panel => lucide::PANEL_RIGHT,
            Self::Pause => lucide::PAUSE,
            Self::Pen => lucide::PENCIL,
            Self::Pin => lucide::PIN,
            Self::Play => lucide::PLAY,
            Self::Plus => lucide::PLUS,
            Self::Save => lucide::SAVE,
            Self::Search => lucide::SEARCH,
            Self::Send => lucide::SEND_HORIZONTAL,
            Self::Share => lucide::SHARE_2,
            Self::Sound => lucide::VOLUME_2,
            Self::Stack => lucide::LAYERS,
            #[cfg(not(feature = "popup"))]
            Self::Star => lucide::STAR,
            Self::Stop => lucide::SQUARE,
            Self::Stream => lucide::CAST,
            #[cfg(not(feature = "popup"))]
            Self::Tag => lucide::BOOKMARK,
            Self::Up => lucide::ARROW_UP,
            Self::Users => lucide::USERS,
            Self::Warning => lucide::TRIANGLE_ALERT,
        }
    }
}

/// What an icon needs.
#[derive(Debug, Clone, PartialEq, Properties)]
pub struct Props {
    /// Which.
    pub name: Name,
    /// More classes, as `small`.
    #[prop_or_default]
    pub class: Classes,
}

/// An icon: decoration; what it stands for is said beside it or by the button's label.
#[component]
pub fn Icon(props: &Props) -> Html {
    let kind = match props.name {
        Name::Pause | Name::Play | Name::Stop => "icon solid",
        _ => "icon",
    };
    html! {
        <svg class={classes!(kind, props.class.clone())} viewBox="0 0 24 24" aria-hidden="true"><path d={props.name.path()} /></svg>
    }
}
