//! Session descriptions (RFC 8866) as they are changed before they are used: what JavaScript's interfaces
//! to the codecs do not offer.

/// Kilobits per second at which a picture begins, before the path's width is known.
const START_KBPS: u32 = 2_500;
/// Bits per second of music.
const AUDIO_BPS: u32 = 128_000;

/// An answer with stereo sound in good quality, and a picture that does not begin small and blurred. The
/// viewer applies it to what it says, the host to what it hears, so either may be of another version.
pub fn tuned(answer: &str) -> String {
    let opus = payloads(answer, "opus");
    let pictures: Vec<&str> = ["VP8", "VP9", "H264", "AV1"]
        .iter()
        .flat_map(|codec| payloads(answer, codec))
        .collect();
    let mut lines: Vec<String> = answer.lines().map(str::to_owned).collect();
    for payload in opus {
        let music = [
            ("stereo", "1".to_owned()),
            ("sprop-stereo", "1".to_owned()),
            ("maxaveragebitrate", AUDIO_BPS.to_string()),
        ];
        set(&mut lines, payload, &music);
    }
    for payload in pictures {
        set(
            &mut lines,
            payload,
            &[("x-google-start-bitrate", START_KBPS.to_string())],
        );
    }
    let mut text = lines.join("\r\n");
    text.push_str("\r\n");
    text
}

/// The payload types that stand for a codec.
fn payloads<'a>(description: &'a str, codec: &str) -> Vec<&'a str> {
    let maps = description
        .lines()
        .filter_map(|line| line.strip_prefix("a=rtpmap:"));
    maps.filter_map(|map| map.split_once(' '))
        .filter(|(_, encoding)| {
            encoding
                .split('/')
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(codec))
        })
        .map(|(payload, _)| payload)
        .collect()
}

/// Sets format parameters of a payload type.
fn set(lines: &mut Vec<String>, payload: &str, parameters: &[(&str, String)]) {
    let start = format!("a=fmtp:{payload} ");
    let written = |kept: Option<&str>| {
        let kept = kept.into_iter().flat_map(|kept| kept.split(';')).map(str::trim);
        let kept = kept.filter(|one| {
            let name = one.split('=').next().unwrap_or_default();
            !one.is_empty() && !parameters.iter().any(|(set, _)| *set == name)
        });
        let set = parameters.iter().map(|(name, value)| format!("{name}={value}"));
        format!(
            "{start}{}",
            kept.map(str::to_owned).chain(set).collect::<Vec<_>>().join(";")
        )
    };
    if let Some(line) = lines.iter_mut().find(|line| line.starts_with(&start)) {
        *line = written(line.strip_prefix(&start));
    } else if let Some(at) = lines
        .iter()
        .position(|line| line.starts_with(&format!("a=rtpmap:{payload} ")))
    {
        lines.insert(at + 1, written(None));
    }
}

#[cfg(test)]
mod tests {
    use super::tuned;

    const ANSWER: &str = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 9\r\na=rtpmap:111 opus/48000/2\r\n\
        a=fmtp:111 minptime=10;useinbandfec=1;stereo=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n";

    #[test]
    fn an_answer_asks_for_stereo_and_a_sharp_start() {
        let answer = tuned(ANSWER);
        assert!(answer.contains(
            "a=fmtp:111 minptime=10;useinbandfec=1;stereo=1;sprop-stereo=1;maxaveragebitrate=128000\r\n"
        ));
        assert!(answer.contains("a=rtpmap:96 VP8/90000\r\na=fmtp:96 x-google-start-bitrate=2500\r\n"));
        assert_eq!(tuned(&answer), answer);
    }

    #[test]
    fn anything_can_be_tuned() {
        for text in [
            "",
            "\r\n",
            "a=rtpmap:",
            "a=rtpmap:96",
            "a=rtpmap:96 VP8",
            "a=fmtp:96 ",
            "\u{0}a=rtpmap: opus",
        ] {
            let _ = tuned(text);
        }
    }
}
