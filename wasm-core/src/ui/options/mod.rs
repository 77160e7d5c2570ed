//! The options: the relay, the person's name, what is never shared, earlier windows, appearance, language.

pub mod app;
mod earlier;
