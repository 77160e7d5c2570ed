//! What pictures cannot show: that nothing moves for those who asked the system for that.

use serde_json::{Value, json};
use tabspace_tests::Result;
use tabspace_tests::launch::Launch;

use crate::scenes::{self, Scene};
use crate::{PLAIN, Photographer};

/// What began to move while the scene came up, and what moves on.
async fn moved(photographer: &Photographer, scene: &Scene, wants: &'static str) -> Result<Vec<Value>> {
    let mut scene = scene.clone();
    scene.fixture["moves"] = json!(true);
    scene.wants = Some(("prefers-reduced-motion", wants));
    photographer.open(&scene, PLAIN).await?;
    let moving = "[...fixture.moved, ...document.getAnimations().map((it) => it.animationName ?? it.transitionProperty)]";
    let moved = photographer.page.evaluate(moving).await?;
    Ok(moved.as_array().cloned().unwrap_or_default())
}

#[tokio::test]
async fn nothing_moves_for_those_who_want_it_still() -> Result<()> {
    let browser = Launch::new().start().await?;
    let photographer = Photographer::new(&browser, String::new()).await?;
    let mut complaints = Vec::new();
    let mut moves_else = 0;
    for scene in scenes::all().iter().filter(|scene| scene.wants.is_none()) {
        let moved_still = moved(&photographer, scene, "reduce").await?;
        if !moved_still.is_empty() {
            complaints.push(format!("{}: {}", scene.name, json!(moved_still)));
        }
        // Where nothing would move anyhow, nothing is shown by its resting.
        if [
            "panel-reconnecting",
            "space-live",
            "share-loading",
            "parts-progress",
        ]
        .contains(&scene.name.as_str())
        {
            assert_ne!(
                moved(&photographer, scene, "no-preference").await?,
                Vec::<Value>::new(),
                "{}",
                scene.name
            );
            moves_else += 1;
        }
    }
    assert_eq!(complaints, Vec::<String>::new());
    assert_eq!(moves_else, 4, "the screens that move are known by name");
    Ok(())
}
