//! The options: the relay, the person's name, what is never shared, appearance, language.

pub mod app;
