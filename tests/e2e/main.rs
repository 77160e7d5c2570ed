//! TabSpace as people use it: the real extension in a real Chromium, a guest's page in another, the real
//! relay, real media. Each test has all of that for itself.

mod erase;
mod firefox;
mod journal;
mod keyboard;
mod panel;
mod prompt;
mod restore;
mod seven_points;
mod stream;
mod worker_dies;
