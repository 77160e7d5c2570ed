//! The library's page.

use std::time::Duration;

use protocol::{Colour, Role, Seq};
use serde_json::{Value, json};
use wasm_core::ask::Answer;
use wasm_core::ask::library::{
    BinnedTab, BinnedView, Deed as Done, HistoryView, LibraryAnswer, Moment, ShelfView,
};
use wasm_core::library::bin::BinId;
use wasm_core::library::marks::Marks;
use wasm_core::library::undo::Undo;
use wasm_core::view::{ItemView, LinkView};

use super::sample::{before, projection, space, view};
use super::{Deed, Scene};

const SIZE: (u32, u32) = (1_280, 760);

fn shelves() -> Vec<ShelfView> {
    let summaries = projection().spaces;
    let mut items = view().items;
    // A page that is there twice.
    if let (ItemView::Group(group), true) = (items[0].clone(), items.len() > 2) {
        let mut again = group.tabs[1].clone();
        again.tab = protocol::TabId::from_bits(99);
        items.push(ItemView::Tab(again));
    }
    let mut shelves: Vec<ShelfView> = summaries
        .into_iter()
        .enumerate()
        .map(|(at, summary)| ShelfView {
            space: summary.space,
            was: None,
            name: summary.name,
            colour: summary.colour,
            link: summary.link,
            role: Role::Owner,
            people: match at {
                0 => vec![
                    ("Bruno".to_owned(), Colour::Orange),
                    ("Clara".to_owned(), Colour::Green),
                ],
                _ => Vec::new(),
            },
            window: (at == 0).then_some(1),
            changed: summary.changed,
            items: match at {
                0 => items.clone(),
                at => items[at - 1..at].to_vec(),
            },
            marks: wasm_core::library::marks::SpaceMarks::default(),
            uses: std::collections::BTreeMap::new(),
        })
        .collect();
    if let ItemView::Group(group) = &items[0] {
        let marks = Marks {
            tags: vec!["to read".to_owned()],
            note: "Which ports?".to_owned(),
            starred: true,
        };
        shelves[0].marks.tabs.insert(group.tabs[2].tab, marks);
    }
    shelves[1].marks.own.starred = true;
    shelves
}

fn moment(seq: u64, minutes: u64, by: Option<&str>, deed: Done) -> Moment {
    let taken = match &deed {
        Done::Removed(_) => vec![protocol::TabId::from_bits(5)],
        _ => Vec::new(),
    };
    Moment {
        seq: Seq(seq),
        time: before(Duration::from_mins(minutes)),
        by: by.map(str::to_owned),
        deed,
        taken,
        seq_before: Seq(seq - 1),
    }
}

fn history() -> HistoryView {
    let three = ["One", "Two", "Three"].map(str::to_owned).to_vec();
    HistoryView {
        moments: vec![
            moment(
                9,
                1,
                Some("Clara"),
                Done::Added(vec!["LISTEN and NOTIFY".to_owned()]),
            ),
            moment(8, 7, None, Done::Streamed("str0m".to_owned())),
            moment(
                7,
                14,
                Some("Bruno"),
                Done::Grouped("To decide".to_owned(), Colour::Purple, 2),
            ),
            moment(6, 33, None, Done::Removed(three)),
            moment(2, 60 * 26, None, Done::Made(9)),
        ],
        before: Some(Seq(1)),
    }
}

fn bin() -> Vec<BinnedView> {
    let tabs = |many: usize| {
        (0..many)
            .zip(1_000..)
            .map(|(at, id)| BinnedTab {
                tab: protocol::TabId::from_bits(id),
                title: format!("A page that was closed, number {at}"),
                url: format!("https://example.org/{at}"),
                group: String::new(),
                tags: Vec::new(),
                note: String::new(),
            })
            .collect()
    };
    let entry = |number: u32, whole: bool, many: usize, age: Duration| BinnedView {
        id: BinId(before(age), number),
        removed: before(age),
        whole,
        space: space(2),
        name: "Lisbon in May".to_owned(),
        colour: Colour::Orange,
        tabs: tabs(many),
    };
    vec![
        entry(1, false, 2, Duration::from_mins(4)),
        entry(2, true, 23, Duration::from_hours(50)),
    ]
}

fn answers(shelves: Vec<ShelfView>, bin: Vec<BinnedView>) -> Value {
    let changed = LibraryAnswer::Changed(Box::new(Undo {
        made: vec![space(9)],
        ..Undo::default()
    }));
    let news = LibraryAnswer::News {
        order: shelves.iter().map(|shelf| (shelf.space, 1)).collect(),
        shelves,
        bin: 1,
    };
    json!({
        "library_news": Answer::Library(news),
        "library_bin": Answer::Library(LibraryAnswer::Bin(bin)),
        "library_history": Answer::Library(LibraryAnswer::History(history())),
        "library_remove": Answer::Library(changed),
    })
}

/// What there is to answer, and the space as it was.
fn answers_of_the_past(mut answers: Value) -> Value {
    let items = view().items;
    let name = projection().spaces[0].name.clone();
    answers["library_at"] = json!(Answer::Library(LibraryAnswer::At { name, items }));
    answers
}

fn of(name: &str, answers: &Value) -> Scene {
    // Two pages of the space are open.
    let open: Vec<Value> = view()
        .items
        .iter()
        .filter_map(|item| match item {
            ItemView::Group(group) => group.tabs.first(),
            ItemView::Tab(tab) => Some(tab),
        })
        .take(2)
        .zip(20..)
        .map(|(tab, id): (_, i32)| json!({ "id": id, "windowId": 1, "url": tab.url, "title": tab.title, "active": id == 20, "pinned": false }))
        .collect();
    let fixture = json!({ "chrome": { "tabs": open, "projection": projection(), "answers": answers } });
    Scene::new(
        &format!("library-{name}"),
        "/extension/library.html",
        SIZE,
        fixture,
    )
    .shows("library-space")
}

pub(super) fn scenes() -> Vec<Scene> {
    let full = answers(shelves(), bin());
    let in_space = [Deed::Click("library-space"), Deed::Await("[data-testid=moment]")];
    let with = |more: &[Deed]| [in_space.as_slice(), more].concat();
    let mut shared = shelves();
    shared[0].link = LinkView::Reconnecting;
    vec![
        of("space", &full).does(&with(&[
            Deed::Click("library-row"),
            Deed::Press("Delete"),
            Deed::Await("[data-testid=undo]"),
            Deed::Press("Escape"),
        ])),
        of("selected", &answers(shared, Vec::new())).does(&with(&[
            Deed::Click("library-row"),
            Deed::Press("ArrowDown"),
            Deed::Press("ArrowDown"),
            Deed::Press("Shift+Tab"),
            Deed::Await("[role=tooltip]"),
        ])),
        of("search", &full).does(&[Deed::Press("/"), Deed::Type("lisbon")]),
        of("starred", &full).does(&[Deed::Click("part-starred"), Deed::Await("[data-testid=to-space]")]),
        of("keys", &full).does(&with(&[
            Deed::Press("?"),
            Deed::Await("[data-testid=library-dialog]"),
        ])),
        of("bin", &full).does(&[Deed::Click("part-bin")]),
        of("duplicates", &full).does(&[Deed::Click("part-duplicates")]),
        of("edit", &full).does(&with(&[
            Deed::Click("library-menu"),
            Deed::Click("edit-space"),
            Deed::Press("Tab"),
        ])),
        of("history", &answers_of_the_past(full.clone())).does(&with(&[
            Deed::Click("timeline"),
            Deed::Press("ArrowLeft"),
            Deed::Click("see-then"),
            Deed::Await("[data-testid=bring-all-back]"),
        ])),
        Scene {
            size: (840, 1_040),
            touch: true,
            ..of("touch", &full).does(&with(&[Deed::Click("library-row")]))
        },
        of("empty", &answers(Vec::new(), Vec::new()))
            .does(&[Deed::Click("new-menu"), Deed::Await("[role=menuitem]")])
            .has(".library-main .empty"),
    ]
}
