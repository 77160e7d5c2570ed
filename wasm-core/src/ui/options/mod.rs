//! The options: the relay, the person's name, what is never shared, backup, recovery, earlier windows, appearance, language.

pub mod app;
mod backup;
mod damaged;
mod earlier;
mod folder;
mod recovery;
