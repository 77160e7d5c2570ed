//! Addresses as browsers spell them.

use web_sys::Url;

/// A pattern of the ignore list as the browser spells the addresses that it stands for: hosts in ASCII, all else in
/// percent signs. `None` when no address is spelled so.
pub fn spelled(pattern: &str) -> Option<String> {
    const ANY: &str = "*://";
    const SCHEME: &str = "https://";
    let (given, rest) = if let Some(rest) = pattern.strip_prefix(ANY) {
        (ANY, rest)
    } else if pattern.contains("://") {
        return Url::new(pattern).ok().map(|url| url.href());
    } else {
        ("", pattern)
    };
    let url = Url::new(&format!("{SCHEME}{rest}")).ok()?.href();
    let mut url = url.strip_prefix(SCHEME)?;
    if !rest.contains('/') {
        url = url.trim_end_matches('/');
    }
    Some(format!("{given}{url}"))
}
