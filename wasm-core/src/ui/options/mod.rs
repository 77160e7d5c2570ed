//! The options: the relay, the person's name, what is never shared, backup, earlier windows, appearance, language.

pub mod app;
mod backup;
mod earlier;
