//! Addresses as browsers spell them.

use web_sys::Url;

/// A pattern of the ignore list as the browser spells the addresses that it stands for: hosts in ASCII, all else in
/// percent signs. `None` when no address is spelled so.
pub fn spelled(pattern: &str) -> Option<String> {
    // What has no scheme, or any, is read as an address of the web.
    let (scheme, rest) = pattern.split_once("://").unwrap_or(("", pattern));
    let read_as = if matches!(scheme, "" | "*") {
        "https"
    } else {
        scheme
    };
    let url = Url::new(&format!("{read_as}://{rest}")).ok()?.href();
    let (_, mut url) = url.split_once("://")?;
    if !rest.contains('/') {
        url = url.trim_end_matches('/');
    }
    // A star is no letter of a host.
    let (host, path) = url.split_at(url.find('/').unwrap_or(url.len()));
    let begins = pattern.strip_suffix(rest)?;
    Some(format!("{begins}{}{path}", host.replace("%2A", "*")))
}
