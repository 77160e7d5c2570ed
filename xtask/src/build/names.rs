//! Short names for what a module takes from its script.
//!
//! wasm-bindgen names each import after a function and a hash (`__wbg_query_50d3ebf275cdad9e`), in the module and in the
//! script. Hashes do not compress: in the popup they were a fortieth of all that is loaded.

use crate::shell::Result;

/// The number of the section with the imports, by the WebAssembly specification.
const IMPORTS: u8 = 2;
/// The kind of an import that is a function; what follows is the number of its type.
const FUNCTION: u8 = 0;
/// Bytes before the first section: magic number and version.
const HEAD: usize = 8;

/// The module and the script with short names. An import that is not a function, or is not named exactly once in the
/// script, keeps its name.
pub(super) fn shorten(module: &[u8], script: &str) -> Result<(Vec<u8>, String)> {
    let cut_off = || "the module ends within a section".to_owned();
    let mut short = module.get(..HEAD).ok_or_else(cut_off)?.to_vec();
    let mut script = script.to_owned();
    let mut rest = Reader(&module[HEAD..]);
    while let Some(id) = rest.byte() {
        let body = rest.bytes_with_length().ok_or_else(cut_off)?;
        short.push(id);
        if id == IMPORTS {
            let renamed = shorten_imports(body, &mut script).ok_or_else(cut_off)?;
            push_with_length(&mut short, &renamed);
        } else {
            push_with_length(&mut short, body);
        }
    }
    Ok((short, script))
}

fn shorten_imports(body: &[u8], script: &mut String) -> Option<Vec<u8>> {
    let mut imports = Reader(body);
    let mut short = Vec::new();
    let count = imports.number()?;
    push_number(&mut short, count);
    for number in 0..count {
        push_with_length(&mut short, imports.bytes_with_length()?);
        let name = std::str::from_utf8(imports.bytes_with_length()?).ok()?;
        if imports.0.first() != Some(&FUNCTION) {
            // What follows is of another form; all the rest stays as it is.
            push_with_length(&mut short, name.as_bytes());
            short.extend_from_slice(imports.0);
            return Some(short);
        }
        let new = name_of(number);
        match find_alone(script, name) {
            Some(at) => {
                script.replace_range(at..at + name.len(), &new);
                push_with_length(&mut short, new.as_bytes());
            }
            None => push_with_length(&mut short, name.as_bytes()),
        }
        short.push(imports.byte()?);
        push_number(&mut short, imports.number()?);
    }
    Some(short)
}

/// Where a name stands in a script as a word of its own, if that is in one place.
fn find_alone(script: &str, name: &str) -> Option<usize> {
    let is_letter =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || b"_$".contains(byte));
    let bytes = script.as_bytes();
    let mut places = script.match_indices(name).map(|(at, _)| at).filter(|at| {
        let before = at.checked_sub(1).and_then(|at| bytes.get(at));
        !is_letter(before) && !is_letter(bytes.get(at + name.len()))
    });
    places.next().filter(|_| places.next().is_none())
}

/// `a`, `b` … `z`, `ab`, `bb` …
fn name_of(mut number: u32) -> String {
    let mut name = String::new();
    loop {
        name.push(char::from(b'a' + u8::try_from(number % 26).unwrap_or_default()));
        number /= 26;
        if number == 0 {
            return name;
        }
    }
}

/// What is still to be read.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number of 32 bits in LEB128.
    fn number(&mut self) -> Option<u32> {
        let mut number = 0_u32;
        for shift in (0..32).step_by(7) {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn bytes_with_length(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }
}

fn push_number(into: &mut Vec<u8>, mut number: u32) {
    loop {
        let seven = number.to_le_bytes()[0] & 0x7f;
        number >>= 7;
        if number == 0 {
            into.push(seven);
            return;
        }
        into.push(seven | 0x80);
    }
}

fn push_with_length(into: &mut Vec<u8>, bytes: &[u8]) {
    // A section of 4 GiB is none.
    push_number(into, u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    into.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "return{\"./it.js\":{__wbg_get_0123:function(e){},__wbg_get_01234:function(e){}}}";

    /// A module that imports these functions and has another section before and behind.
    fn module(names: &[&str]) -> Vec<u8> {
        let mut imports = Vec::new();
        push_number(&mut imports, u32::try_from(names.len()).expect("few"));
        for name in names {
            push_with_length(&mut imports, b"./it.js");
            push_with_length(&mut imports, name.as_bytes());
            imports.extend([FUNCTION, 0x85, 0x01]);
        }
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        for (id, body) in [(1, b"types".as_slice()), (IMPORTS, &imports), (10, &[7; 300])] {
            module.push(id);
            push_with_length(&mut module, body);
        }
        module
    }

    #[test]
    fn imports_get_the_same_short_names_in_module_and_script() {
        let (short, script) =
            shorten(&module(&["__wbg_get_0123", "__wbg_get_01234"]), SCRIPT).expect("it is whole");
        assert_eq!(short, module(&["a", "b"]));
        assert_eq!(script, "return{\"./it.js\":{a:function(e){},b:function(e){}}}");
    }

    #[test]
    fn a_name_that_the_script_does_not_have_or_has_twice_stays() {
        let twice = format!("{SCRIPT}__wbg_get_0123");
        let names = ["__wbg_get_0123", "gone", "__wbg_get_01234"];
        let (short, script) = shorten(&module(&names), &twice).expect("it is whole");
        assert_eq!(short, module(&["__wbg_get_0123", "gone", "c"]));
        assert!(script.contains("c:function") && script.ends_with("__wbg_get_0123"));
    }

    #[test]
    fn no_two_imports_get_one_name() {
        let names: std::collections::BTreeSet<String> = (0..2_000).map(name_of).collect();
        assert_eq!(names.len(), 2_000);
    }

    #[test]
    fn a_module_that_was_cut_off_is_refused() {
        let whole = module(&["__wbg_get_0123"]);
        assert!(shorten(&whole[..HEAD + 20], SCRIPT).is_err());
        assert!(shorten(&whole[..whole.len() - 1], SCRIPT).is_err());
        assert!(shorten(b"\0as", SCRIPT).is_err());
    }
}
