//! The parts, each in all its states.

use protocol::Colour;
use yew::prelude::*;

use crate::ui::gallery::finder::finders;
use crate::ui::gallery::space_parts::{stages, tab_rows};
use crate::ui::parts::{
    Avatar, Banner, Button, Chip, Choice, CopyField, Dialog, Empty, Favicon, Field, Icon, IconButton, Kind,
    LiveBadge, Loading, Menu, MenuItem, Name, Naming, People, Progress, Said, ShortcutHint, SplitPane,
    TabBar, Toast, Tone, Tooltip, View, window,
};

/// A name of fifty characters, the longest there is.
const LONG_NAME: &str = "Maximiliane-Theodora von Hohenstein-Wittelsbach II";

/// A part's name, and what shows its states.
pub type Part = (&'static str, fn() -> Html);

/// All parts by name, as `#parts/NAME` has it.
pub const ALL: &[Part] = &[
    ("button", buttons),
    ("icon-button", icon_buttons),
    (
        "tooltip",
        || html! { <Tooltip text="Words that come when the pointer rests or the focus arrives"><button type="button" class="button" data-testid="described">{"Rest here"}</button></Tooltip> },
    ),
    ("field", || html! { <Fields /> }),
    ("choice", choices),
    ("combobox", finders),
    (
        "copy-field",
        || html! { <CopyField label="Link" text="https://tabspace.example.org/join#k3x9k3x9k3x9" /> },
    ),
    ("tab-bar", || html! { <Bar /> }),
    ("menu", menus),
    ("dialog", || html! { <Dialogs /> }),
    (
        "naming",
        || html! { <Naming label="Name of the space" value="Lisbon in May" colour={Some(Colour::Orange)} on_done={|_| ()} /> },
    ),
    ("toast", toasts),
    ("banner", banners),
    ("progress", progress),
    ("loading", || html! { <Loading /> }),
    ("empty", empties),
    (
        "split-pane",
        || html! { <div class="framed panes"><SplitPane label="Height of the upper pane" name="gallery" first={pane("Above")} second={pane("Below")} /></div> },
    ),
    ("list", || html! { <List /> }),
    ("tab-row", tab_rows),
    ("stage", stages),
    ("avatar", avatars),
    ("chip", chips),
    ("favicon", favicons),
    ("icon", icons),
    ("live-badge", || html! { <LiveBadge /> }),
    (
        "shortcut-hint",
        || html! { <>{ for ["F2", "Alt+ArrowUp", "Mod+Shift+F", "Enter"].map(|keys| html! { <ShortcutHint {keys} /> }) }</> },
    ),
];

const KINDS: [(Kind, &str); 6] = [
    (Kind::Plain, "Plain"),
    (Kind::Primary, "Primary"),
    (Kind::Live, "Live"),
    (Kind::Quiet, "Quiet"),
    (Kind::Danger, "Danger"),
    (Kind::Link, "Link"),
];

fn buttons() -> Html {
    let row = |icon: Option<Name>, busy: bool, disabled: bool| {
        html! {
            <div class="states">{ for KINDS.map(|(kind, words)| html! { <Button {kind} {icon} {busy} {disabled}>{words}</Button> }) }</div>
        }
    };
    html! {
        <>
            { row(None, false, false) }
            { row(Some(Name::Share), false, false) }
            { row(None, true, false) }
            { row(None, false, true) }
            <Button kind={Kind::Primary} class="wide">{"A wide button whose words go over more than one line where there is little room for them"}</Button>
        </>
    }
}

fn icon_buttons() -> Html {
    html! {
        <>
            <IconButton icon={Name::Plus} label="Add" testid="first" />
            <IconButton icon={Name::Sound} label="Mute" pressed={false} />
            <IconButton icon={Name::Muted} label="Mute" pressed={true} />
            <IconButton icon={Name::Down} label="More" expanded={true} />
            <IconButton icon={Name::Send} label="Send" disabled=true />
        </>
    }
}

#[component]
fn Fields() -> Html {
    let text = use_state(|| "Ada".to_owned());
    let on_input = {
        let text = text.clone();
        Callback::from(move |typed| text.set(typed))
    };
    let value = AttrValue::from((*text).clone());
    html! {
        <div class="column">
            <Field label="Name" value={value.clone()} on_input={on_input.clone()} hint="Others see it." />
            <Field label="Empty" value="" on_input={on_input.clone()} placeholder="example.org/page" />
            <Field label="Address" value="https://example.org" on_input={on_input.clone()} mono=true error="There is something here, but not a relay." />
            <Field label="Several lines" value="*://*.bank.example/*" on_input={on_input.clone()} lines={3} mono=true hint="One a line." />
            <Field label="Disabled" {value} {on_input} disabled=true />
        </div>
    }
}

fn choices() -> Html {
    let options: Vec<(AttrValue, AttrValue)> = vec![
        ("viewer".into(), "Viewer".into()),
        ("editor".into(), "Editor".into()),
    ];
    html! {
        <>
            <Choice label="Guests become" options={options.clone()} value="editor" on_change={Callback::noop()} />
            <Choice label="Only for screen readers" options={options.clone()} value="viewer" on_change={Callback::noop()} bare=true />
            <Choice label="Disabled" {options} value="viewer" on_change={Callback::noop()} disabled=true />
        </>
    }
}

#[component]
fn Bar() -> Html {
    let chosen = use_state(|| 1_usize);
    let on_choose = {
        let chosen = chosen.clone();
        Callback::from(move |at| chosen.set(at))
    };
    let view = |label: &'static str, icon: Name, testid: &'static str| View {
        label: label.into(),
        icon,
        shows: "shown-view".into(),
        testid,
    };
    let views = vec![
        view("Tabs", Name::Stack, "bar-tabs"),
        view("Live", Name::Stream, "bar-live"),
        view("People", Name::Users, "bar-people"),
    ];
    let words = views[*chosen].label.clone();
    html! {
        <div class="framed column">
            <p class="pane" id="shown-view">{words}</p>
            <TabBar label="Views" {views} chosen={*chosen} {on_choose} />
        </div>
    }
}

fn menus() -> Html {
    let item = |label: &'static str, icon: Name| MenuItem::new(label, icon, "item", |()| {});
    let items = vec![
        item("Rename", Name::Pen).keys("F2"),
        item("Move up", Name::Up).keys("Alt+ArrowUp"),
        item("Remove", Name::Bin).danger(true),
    ];
    html! { <Menu label="Actions" {items} /> }
}

#[component]
fn Dialogs() -> Html {
    let open = use_state(|| false);
    let turn = |on: bool| {
        let open = open.clone();
        move || open.set(on)
    };
    let (show, close) = (turn(true), turn(false));
    let cancel = close.clone();
    html! {
        <>
            <Button onclick={move |_: MouseEvent| show()} testid="open-dialog">{"Open"}</Button>
            if *open {
                <Dialog title="Delete space" on_close={move |()| close()}>
                    <p>{"“Relay research” will be deleted for everybody in it, with its conversation."}</p>
                    <div class="buttons">
                        <Button onclick={move |_: MouseEvent| cancel()}>{"Cancel"}</Button>
                        <Button kind={Kind::Danger}>{"Delete"}</Button>
                    </div>
                </Dialog>
            }
        </>
    }
}

fn toasts() -> Html {
    let said = |on_undo: Option<Callback<()>>, text: &'static str| {
        let said = Some(Said {
            number: 1,
            text: text.into(),
            on_undo,
        });
        html! { <div class="framed"><Toast {said} on_close={Callback::noop()} /></div> }
    };
    html! {
        <>
            { said(Some(Callback::noop()), "Tab removed") }
            { said(None, "Only said") }
            { said(Some(Callback::noop()), "A longer sentence, that needs two lines where there is little room") }
        </>
    }
}

fn banners() -> Html {
    html! {
        <div class="column">
            <Banner tone={Tone::Info}>{"Your stream ended."}</Banner>
            <Banner tone={Tone::Warning}>{"The connection was lost and is being made again."}</Banner>
            <Banner tone={Tone::Danger} on_close={Callback::noop()}>{"This is too large."}<Button kind={Kind::Link}>{"Put it back"}</Button></Banner>
        </div>
    }
}

fn progress() -> Html {
    let bar = |label: &'static str, done_percent: Option<u8>| {
        html! { <div class="column"><p>{label}</p><Progress {label} {done_percent} /></div> }
    };
    html! {
        <>
            { bar("Not begun", Some(0)) }
            { bar("A third", Some(33)) }
            { bar("Done", Some(100)) }
            { bar("Nobody knows", None) }
        </>
    }
}

fn empties() -> Html {
    html! {
        <>
            <Empty icon={Name::Chat} text="Nothing was said yet." />
            <Empty icon={Name::Warning} text="The relay cannot be reached. Nothing was lost; check the address and your connection."><Button kind={Kind::Primary}>{"Try again"}</Button></Empty>
        </>
    }
}

fn pane(words: &'static str) -> Html {
    html! { <p class="pane">{words}</p> }
}

/// Ten thousand rows, of which those in sight are on the page.
#[component]
fn List() -> Html {
    let windowed = window::use_window(10_000, None, "li");
    html! {
        <ul class="scroll framed panes" ref={windowed.scroller.clone()} onscroll={windowed.onscroll.clone()} tabindex="0" aria-label="Ten thousand rows">
            { windowed.list(windowed.rows.clone().map(|at| html! { <li class={classes!("row", (at == 2).then_some("on"))} key={at}><Favicon url={format!("https://{at}.example.org")} /><span class="clip">{"Row "}{at}</span></li> })) }
        </ul>
    }
}

fn avatars() -> Html {
    let people = |count: usize| -> Vec<(String, Colour)> {
        let names = ["Ada", "Bruno", "Clara", "Dmitri", LONG_NAME, "شهرزاد"];
        let all = names.iter().cycle().zip(Colour::ALL.into_iter().cycle());
        all.take(count)
            .map(|(name, colour)| ((*name).to_owned(), colour))
            .collect()
    };
    html! {
        <>
            { for Colour::ALL.into_iter().map(|colour| html! { <Avatar name={colour.as_str()} {colour} /> }) }
            <Avatar name="Big" colour={Colour::Blue} big=true />
            <Avatar name="Away" colour={Colour::Blue} big=true away=true />
            { for [1, 3, 7, 100].map(|count| html! { <People people={people(count)} /> }) }
        </>
    }
}

fn chips() -> Html {
    html! {
        <>
            { for Colour::ALL.into_iter().map(|colour| html! { <Chip name={colour.as_str()} {colour} /> }) }
            <Chip name="In a header" colour={Colour::Purple} big=true />
            <div class="narrow"><Chip name={LONG_NAME} colour={Colour::Orange} /></div>
        </>
    }
}

fn favicons() -> Html {
    html! { <>{ for ["https://rust-lang.org", "https://www.example.org", "https://mdn.dev", "https://xkcd.com", "chrome://settings"].map(|url| html! { <Favicon {url} /> }) }</> }
}

fn icons() -> Html {
    html! { <>{ for Name::ALL.iter().map(|name| html! { <Icon name={*name} /> }) }</> }
}
