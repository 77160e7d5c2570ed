//! TabSpace as people use it: the real extension in a real Chromium, a guest's page in another, the real
//! relay, real media. Each test has all of that for itself.

mod asking;
mod cleaned;
mod erase;
mod faults;
mod firefox;
mod folder;
mod inflow;
mod journal;
mod keyboard;
mod killed;
mod left;
mod library;
mod menus;
mod panel;
mod prompt;
mod recovered;
mod restore;
mod resumed;
mod seven_points;
mod spoilt;
mod stream;
mod worker_dies;
