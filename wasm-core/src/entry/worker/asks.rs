//! What pages ask, answered here or by the writer.

use std::rc::Rc;

use super::State;
use crate::ask::Ask;
use crate::chrome::runtime;

impl State {
    /// The answer to a page's ask; both are JSON texts.
    pub(super) async fn asked(self: &Rc<Self>, ask: String) -> Option<String> {
        let answer = match serde_json::from_str(&ask) {
            Ok(Ask::Earlier) => self.earlier().await,
            Ok(Ask::BringBack { point, name }) => self.bring_back(&point, &name).await,
            Ok(Ask::Folder(ask)) => self.folder_answer(ask).await,
            Ok(Ask::Offer { window, .. }) => {
                let gone = self.not_back().await;
                return self
                    .answer(runtime::write(&Ask::Offer { window, gone }).ok()?)
                    .await;
            }
            Ok(Ask::Word { space: None, .. }) => self.let_go().await,
            _ => return self.answer(ask).await,
        };
        runtime::write(&answer).ok()
    }
}
