//! The space on the screen, as a hook.

use std::rc::Rc;

use yew::prelude::*;

use crate::ui::backend::Source;
use crate::view::SpaceView;

/// The view of a source, rendered again whenever it changes.
#[hook]
pub fn use_space(source: &Source) -> Option<Rc<SpaceView>> {
    let again = use_force_update();
    use_effect_with(source.clone(), move |source| {
        let subscription = source.0.subscribe(Callback::from(move |()| again.force_update()));
        move || drop(subscription)
    });
    source.0.view()
}
