//! Files of other programs.

use protocol::op::Colour;
use tabspace_wasm_core::library::backup::{Group, Item, Space, Tab, bookmarks, read};
use tabspace_wasm_core::library::engine::{BroughtIn, LeftOut, library_of};

use super::backup::{MADE, ada, library, tab};
use super::{Browser, records};

fn spaces(file: &str) -> Vec<Space> {
    read(file.as_bytes()).expect("the file is known").library.spaces
}

fn names(spaces: &[Space]) -> Vec<&str> {
    spaces.iter().map(|space| space.name.as_str()).collect()
}

fn group(title: &str, tabs: Vec<Tab>) -> Item {
    Item::Group(Group {
        title: title.into(),
        tabs,
        ..Group::default()
    })
}

#[test]
fn bookmarks_of_a_browser_become_spaces_and_groups() {
    let file = r#"<!DOCTYPE NETSCAPE-Bookmark-file-1>
        <TITLE>Bookmarks</TITLE><H1>Bookmarks</H1>
        <DL><p>
            <DT><H3 ADD_DATE="1" PERSONAL_TOOLBAR_FOLDER="true">Bar &amp; more</H3>
            <DL><p>
                <DT><A HREF="https://a.example/?x=1&amp;y=2" ICON="data:image/png;base64,>">A &lt;b&gt; &#233;&#x20AC;</A>
                <DT><H3>Inner</H3>
                <DL><p>
                    <DT><A href='https://b.example/'>B</A>
                    <DT><H3>Deep</H3><DL><p><DT><A HREF="https://c.example/"></A></DL><p>
                    <DT><A HREF="https://d.example/">D</A>
                </DL><p>
                <DT><A HREF="">Nowhere</A>
            </DL><p>
            <DT><H3>Empty</H3><DL><p></DL><p>
            <DT><A HREF="https://e.example/">E</A>"#;
    let found = spaces(file);
    assert_eq!(names(&found), ["Bar & more", "Bookmarks"]);
    let a = tab("A <b> \u{e9}\u{20ac}", "https://a.example/?x=1&y=2");
    assert_eq!(
        found[0].items,
        [
            Item::Tab(a),
            group("Inner", vec![tab("B", "https://b.example/")]),
            group("Inner / Deep", vec![tab("", "https://c.example/")]),
            group("Inner", vec![tab("D", "https://d.example/")]),
        ]
    );
    assert_eq!(found[1].items, [Item::Tab(tab("E", "https://e.example/"))]);
}

#[test]
fn bookmarks_that_were_exported_come_back_with_their_folders() {
    let library = library(&ada().0);
    let html = bookmarks::write(&library, "TabSpace");
    let found = spaces(&html);
    let plain = |space: &Space| -> Vec<(String, String)> {
        space
            .tabs()
            .map(|tab| (tab.title.clone(), tab.url.clone()))
            .collect()
    };
    assert_eq!(found[0].name, library.spaces[0].name);
    assert_eq!(plain(&found[0]), plain(&library.spaces[0]));
}

#[test]
fn sessions_of_tab_session_manager_keep_order_pins_and_groups() {
    let file = r#"[{"name":"Trip","date":1700000000000,"tag":["regular"],"windowsNumber":2,"tabsNumber":4,
        "windows":{"7":{
            "31":{"id":31,"index":2,"url":"https://c.example/","title":"C","groupId":5},
            "30":{"id":30,"index":1,"url":"https://b.example/","title":"B","groupId":5},
            "32":{"id":32,"index":0,"url":"https://a.example/","title":"A","pinned":true,"groupId":-1}},
          "9":{"40":{"index":0,"url":"https://d.example/","title":"D"},"41":{"title":"without an address"}}},
        "tabGroups":[{"id":5,"title":"Flats","color":"orange","collapsed":true,"windowId":7}]},
        {"name":"Nothing","windows":{"1":{}}},{"windows":7},8]"#;
    let found = spaces(file);
    assert_eq!(names(&found), ["Trip", "Trip 2"]);
    let pinned = Tab {
        pinned: true,
        ..tab("A", "https://a.example/")
    };
    let flats = Group {
        title: "Flats".into(),
        colour: Colour::Orange,
        collapsed: true,
        tabs: vec![tab("B", "https://b.example/"), tab("C", "https://c.example/")],
    };
    assert_eq!(found[0].items, [Item::Tab(pinned), Item::Group(flats)]);
    assert_eq!(found[1].items, [Item::Tab(tab("D", "https://d.example/"))]);
}

#[test]
fn collections_and_sessions_of_session_buddy_become_spaces() {
    let of_4 = r#"{"format":"nxs.json.v2","created":"2025-10-09T12:44:32.872Z","collections":[{"id":"x","title":"Read",
        "folders":[{"links":[{"url":"https://a.example/","title":"A"}]},{"links":[{"url":"https://b.example/"}]}]}],
        "history":[{"id":1,"windows":[{"tabs":[{"url":"https://h.example/"}]}]}]}"#;
    let found = spaces(of_4);
    assert_eq!(names(&found), ["Read", "Read 2"]);
    assert_eq!(found[0].items, [Item::Tab(tab("A", "https://a.example/"))]);
    let of_3 = r#"{"format":"nxs.json.v1","sessions":[{"type":"saved","name":"Old",
        "windows":[{"tabs":[{"url":"https://a.example/","title":"A","pinned":false}]}]}]}"#;
    assert_eq!(names(&spaces(of_3)), ["Old"]);
}

#[test]
fn a_file_of_another_program_is_brought_in_whole_and_once_however_much_is_in_a_folder() {
    let links: Vec<String> = (0..5_000)
        .map(|n| format!("<DT><A HREF='https://n.example/{n}'>  Title\t{n} </A>"))
        .collect();
    let links = links.concat();
    let file = format!(
        "<!DOCTYPE NETSCAPE-Bookmark-file-1><DL><DT><H3>Many</H3><DL><DT><H3>In one</H3><DL>{links}</DL></DL></DL>"
    );
    let found = spaces(&file);
    assert_eq!(names(&found), ["Many"]);
    let mut browser = Browser::new();
    for space in &found {
        let brought = browser.engine.bring_in(MADE, space, "a copy");
        assert!(matches!(brought, BroughtIn::Added(_, LeftOut(0))), "{brought:?}");
    }
    browser.write();
    assert_eq!(library_of(&records(&browser.disk)).0.counts().tabs, 5_000);
    for space in &found {
        let again = browser.engine.bring_in(MADE, space, "a copy");
        assert!(matches!(again, BroughtIn::Same(_)), "{again:?}");
    }
}
