//! The icons, drawn on a 16-px grid with one stroke width.

use yew::prelude::*;

/// Which icon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "an icon's name says it all")]
pub enum Name {
    Back,
    Bin,
    Chat,
    Check,
    Close,
    Copy,
    Down,
    Eye,
    Full,
    Gear,
    More,
    Muted,
    Panel,
    Pen,
    Picture,
    Pin,
    Plus,
    Save,
    Search,
    Send,
    Share,
    Sound,
    Stack,
    Stop,
    Stream,
    Up,
    Users,
    Warning,
}

impl Name {
    /// All, for the gallery.
    #[cfg(feature = "gallery")]
    pub const ALL: &[Self] = &[
        Self::Back,
        Self::Bin,
        Self::Chat,
        Self::Check,
        Self::Close,
        Self::Copy,
        Self::Down,
        Self::Eye,
        Self::Full,
        Self::Gear,
        Self::More,
        Self::Muted,
        Self::Panel,
        Self::Pen,
        Self::Picture,
        Self::Pin,
        Self::Plus,
        Self::Save,
        Self::Search,
        Self::Send,
        Self::Share,
        Self::Sound,
        Self::Stack,
        Self::Stop,
        Self::Stream,
        Self::Up,
        Self::Users,
        Self::Warning,
    ];

    const fn path(self) -> &'static str {
        match self {
            Self::Back => "M9.5 3.5 5 8l4.500 4.500",
            Self::Bin => "M3 4.500h10M6 4.500v-2h4v2M4.500 4.500l.5 9h6l.5-9",
            Self::Chat => "M2.500 3.500h11v7.500h-6l-3 2.500v-2.500h-2z",
            Self::Check => "m3 8.500 3.200 3.200L13 5",
            Self::Close => "m4 4 8 8M12 4l-8 8",
            Self::Copy => "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
            Self::Down => "M8 3v10M4 9l4 4 4-4",
            Self::Eye => {
                "M1.800 8C3.300 5 5.500 3.500 8 3.500S12.700 5 14.200 8C12.700 11 10.500 12.500 8 12.500S3.300 11 1.800 8zM10 8a2 2 0 1 1-4 0 2 2 0 0 1 4 0z"
            }
            Self::Full => "M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10",
            Self::Gear => {
                "M10.200 8a2.200 2.200 0 1 1-4.400 0 2.200 2.200 0 0 1 4.400 0zM8 1.800v2M8 12.200v2M1.800 8h2M12.200 8h2M3.600 3.600 5 5M11 11l1.400 1.400M12.400 3.600 11 5M5 11l-1.400 1.400"
            }
            Self::More => "M3.500 8h.01M8 8h.01M12.500 8h.01",
            Self::Muted => "M2.500 6v4h2.500l3.500 3v-10l-3.500 3zM11 6l3 4M14 6l-3 4",
            Self::Panel => "M2.500 3h11v10h-11zM9.500 3v10",
            Self::Pen => "m10.500 2.500 3 3-8 8h-3v-3z",
            Self::Picture => "M2.500 3.500h11v9h-11zM8.500 8.500h3v2h-3z",
            Self::Pin => {
                "m6 2.500 7.500 7.500-2 .5-2.500 2.500-.5-3L5 6.500l-3-.5 2.500-2.500zM5.500 10.500l-3 3"
            }
            Self::Plus => "M8 3.500v9M3.500 8h9",
            Self::Save => "M3.500 2.500h7l3 3v8h-10zM5.500 2.500v4h5v-4M5.500 13.500v-4h5v4",
            Self::Search => "M11.500 7a4.500 4.500 0 1 1-9 0 4.500 4.500 0 0 1 9 0zM10.500 10.500 14 14",
            Self::Send => "m2.500 8 11-5-4 11-2.500-4z",
            Self::Share => {
                "M6 8a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM14 3.500a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM14 12.500a2 2 0 1 1-4 0 2 2 0 0 1 4 0zM5.800 7l4.400-2.500M5.800 9l4.400 2.500"
            }
            Self::Sound => {
                "M2.500 6v4h2.500l3.500 3v-10l-3.500 3zM11 5.500a3.500 3.500 0 0 1 0 5M12.800 3.500a6.300 6.300 0 0 1 0 9"
            }
            Self::Stack => "M2.500 5.500h9v8h-9zM5 5.500v-3h8.500v8h-2",
            Self::Stop => "M4 4h8v8H4z",
            Self::Stream => {
                "M2.500 5V3.500h11v9h-4M2.500 8A5.500 5.500 0 0 1 8 13.500M2.500 10.800a2.700 2.700 0 0 1 2.700 2.700"
            }
            Self::Up => "M8 13V3M4 7l4-4 4 4",
            Self::Users => {
                "M8.500 5.500a2.500 2.500 0 1 1-5 0 2.500 2.500 0 0 1 5 0zM1.800 13c.4-2.600 2-4 4.200-4s3.800 1.400 4.200 4M10.500 3.300a2.400 2.400 0 0 1 0 4.500M12 9.500c1.300.5 2 1.700 2.200 3.500"
            }
            Self::Warning => "M8 2.500 14.500 13.500h-13zM8 6.500v3M8 11.500h.01",
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
        Name::Stop => "icon solid",
        Name::More => "icon heavy",
        _ => "icon",
    };
    html! {
        <svg class={classes!(kind, props.class.clone())} viewBox="0 0 16 16" aria-hidden="true"><path d={props.name.path()} /></svg>
    }
}
