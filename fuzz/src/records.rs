//! What the extension finds on its disk: a record a line, its key, a space and its text. Whatever is there, the
//! extension starts, shows what can be read and can be used; what cannot be read is told and stays.

use std::collections::BTreeSet;

use protocol::{Millis, SpaceId};
use wasm_core::command::Command;
use wasm_core::library::engine::Engine;
use wasm_core::library::follow::{TabSeen, WindowSeen};
use wasm_core::session::Effect;

use crate::disk::Disk;
use crate::text::text;

const NOW: Millis = Millis(1_000_000);

pub(crate) fn run(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    let records = text.lines().filter_map(|line| line.split_once(' '));
    let mut disk = Disk(
        records
            .map(|(key, text)| (key.to_owned(), text.to_owned()))
            .collect(),
    );
    let (mut engine, damaged) = start(&disk);
    engine.go_live(NOW);
    let spaces: Vec<SpaceId> = engine
        .projection()
        .spaces
        .iter()
        .map(|space| space.space)
        .collect();
    let shown = spaces.iter().copied().collect();
    engine.set_viewed(NOW, shown, spaces.iter().copied().collect());
    for &space in &spaces {
        assert!(engine.view(space).is_some(), "what is listed can be shown");
        let _ = (engine.what_is_shared(space), engine.tabs_to_restore(space));
        engine.command(NOW, space, Command::Rename("Another name".into()));
    }
    let tab = TabSeen {
        id: 1,
        url: "https://example.org/".into(),
        ..TabSeen::default()
    };
    for window in engine.followed_windows() {
        engine.observe(
            NOW,
            window,
            WindowSeen {
                tabs: vec![tab.clone()],
                groups: Vec::new(),
            },
        );
    }
    engine.session().tick(NOW);
    perform(&mut engine, &mut disk);
    engine.session().save();
    perform(&mut engine, &mut disk);
    for key in &damaged {
        assert!(disk.0.contains_key(key), "what cannot be read is kept");
    }
    let damaged: BTreeSet<String> = damaged.into_iter().collect();
    let (_, again) = start(&disk);
    for key in again {
        assert!(damaged.contains(&key), "{key} is damaged by what was written");
    }
}

fn start(disk: &Disk) -> (Engine, Vec<String>) {
    Engine::restore(&disk.records(), || 7)
}

fn perform(engine: &mut Engine, disk: &mut Disk) {
    while let Some(effect) = engine.poll() {
        if let Effect::Commit(batch) = effect {
            let number = batch.number;
            disk.write(batch);
            engine.session().committed(NOW, number);
        }
    }
}
