//! The first page, shown once after the installation: what this is in three sentences, and one thing to do.

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use crate::ask::Ask;
use crate::language::Key;
use crate::ui::backend::{Trouble, ask};
use crate::ui::chrome_page;
use crate::ui::parts::{Banner, Button, Icon, Kind, Logo, Name, Tone};
use crate::ui::say::say;

/// How it stands with saving.
#[derive(Debug, Clone, PartialEq)]
enum Standing {
    Idle,
    Saving,
    Saved,
    Failed(String),
}

async fn save() -> Standing {
    let window = match chrome_page::current_window().await {
        Ok(window) => window,
        Err(words) => return Standing::Failed(words),
    };
    match ask(Ask::SaveWindow { window, name: None }).await {
        Ok(_) => Standing::Saved,
        Err(why) => Standing::Failed(Trouble::words(&why)),
    }
}

/// The first page.
#[component]
pub fn Welcome() -> Html {
    let standing = use_state(|| Standing::Idle);
    let onclick = {
        let standing = standing.clone();
        move |_: MouseEvent| {
            standing.set(Standing::Saving);
            let standing = standing.clone();
            spawn_local(async move { standing.set(save().await) });
        }
    };
    let point = |icon: Name, text: Key| html! { <li><Icon name={icon} class="large" /><span>{ say(text) }</span></li> };
    html! {
        <main class="plain">
            <div class="card welcome">
                <Logo />
                <h1>{ say(Key::WelcomeTitle) }</h1>
                <ul class="points">
                    { point(Name::Save, Key::WelcomeSave) }
                    { point(Name::Share, Key::WelcomeShare) }
                    { point(Name::Pin, Key::WelcomePin) }
                </ul>
                if let Standing::Failed(words) = &*standing { <Banner tone={Tone::Danger}>{ words.clone() }</Banner> }
                if *standing == Standing::Saved {
                    <p class="ok-text" role="status" data-testid="saved">{ say(Key::WelcomeSaved) }</p>
                } else {
                    <Button kind={Kind::Primary} class="wide" icon={Name::Save} busy={*standing == Standing::Saving} {onclick} testid="save-window">{ say(Key::SaveThisWindow) }</Button>
                }
            </div>
        </main>
    }
}
