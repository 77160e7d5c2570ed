//! Pictures that were accepted, and how another is told from them.
//!
//! An accepted picture is kept at half the size with four bits a channel, as a palette where that is enough:
//! small, and blind to what differs between two machines' ways of blending the edge of a letter.

use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::Path;

use tabspace_tests::{Failure, Result};

/// Bits of a channel that are not kept.
const BLUR: u8 = 0b1111;
/// A channel that differs by less is the same, once blurred.
const SAME: u8 = 32;
/// So many pixels may be another colour before the picture is another.
const STRAY: usize = 16;

/// A picture of one screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    width: u32,
    height: u32,
    /// Three bytes a pixel, blurred.
    pixels: Vec<u8>,
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure(format!("{}: {error}", path.display()))
}

impl Picture {
    /// Reads the browser's PNG, and makes it as small and coarse as accepted ones are.
    pub(crate) fn of_screen(path: &Path) -> Result<Self> {
        let mut picture = Self::read_all(path)?;
        picture.halve();
        picture.blur();
        Ok(picture)
    }

    /// Reads an accepted PNG.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let mut picture = Self::read_all(path)?;
        picture.blur();
        Ok(picture)
    }

    fn blur(&mut self) {
        for channel in &mut self.pixels {
            *channel &= !BLUR;
        }
    }

    /// Each pixel becomes the mean of four.
    fn halve(&mut self) {
        let (width, height) = (self.width as usize, self.height as usize);
        let mut smaller = Vec::with_capacity(self.pixels.len() / 4);
        for row in 0..height / 2 {
            for column in 0..width / 2 {
                for channel in 0..3 {
                    let at = |x: usize, y: usize| {
                        u16::from(self.pixels[((2 * row + y) * width + 2 * column + x) * 3 + channel])
                    };
                    let sum = at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1);
                    smaller.push(u8::try_from(sum / 4).unwrap_or(u8::MAX));
                }
            }
        }
        self.pixels = smaller;
        self.width /= 2;
        self.height /= 2;
    }

    fn read_all(path: &Path) -> Result<Self> {
        let file = File::open(path).map_err(|error| unreadable(path, &error))?;
        let mut decoder = png::Decoder::new(BufReader::new(file));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info().map_err(|error| unreadable(path, &error))?;
        let size = reader
            .output_buffer_size()
            .ok_or_else(|| unreadable(path, &"too large"))?;
        let mut bytes = vec![0; size];
        let frame = reader
            .next_frame(&mut bytes)
            .map_err(|error| unreadable(path, &error))?;
        let channels = frame.color_type.samples();
        if channels < 3 {
            return Err(unreadable(path, &"not in colour"));
        }
        let pixels = bytes[..frame.buffer_size()]
            .chunks_exact(channels)
            .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
            .collect();
        Ok(Self {
            width: frame.width,
            height: frame.height,
            pixels,
        })
    }

    /// Writes it, as small as it gets.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut colours: Vec<[u8; 3]> = self.colours().collect();
        colours.sort_unstable();
        colours.dedup();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let file = BufWriter::new(File::create(path)?);
        let mut encoder = png::Encoder::new(file, self.width, self.height);
        encoder.set_compression(png::Compression::High);
        encoder.set_filter(png::Filter::NoFilter);
        let bytes = if colours.len() <= 256 {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(colours.concat());
            let place = |colour| u8::try_from(colours.binary_search(&colour).unwrap_or_default());
            self.colours()
                .map(|colour| place(colour).unwrap_or_default())
                .collect()
        } else {
            encoder.set_color(png::ColorType::Rgb);
            self.pixels.clone()
        };
        let written = encoder
            .write_header()
            .and_then(|mut writer| writer.write_image_data(&bytes));
        written.map_err(|error| unreadable(path, &error))
    }

    fn colours(&self) -> impl Iterator<Item = [u8; 3]> {
        self.pixels
            .chunks_exact(3)
            .map(|pixel| [pixel[0], pixel[1], pixel[2]])
    }

    /// How many pixels have another colour; all of them when the sizes differ.
    fn strays(&self, other: &Self) -> usize {
        if (self.width, self.height) != (other.width, other.height) {
            return usize::MAX;
        }
        let differs = |(one, other): &([u8; 3], [u8; 3])| {
            one.iter()
                .zip(other)
                .any(|(one, other)| one.abs_diff(*other) > SAME)
        };
        self.colours().zip(other.colours()).filter(differs).count()
    }

    /// Whether a person would see the same.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        self.strays(other) <= STRAY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(ink: u8, at: std::ops::Range<usize>) -> Picture {
        let mut pixels = vec![0xf0; 64 * 64 * 3];
        pixels[at.start * 3..at.end * 3].fill(ink);
        Picture {
            width: 64,
            height: 64,
            pixels,
        }
    }

    #[test]
    fn a_word_makes_another_picture_and_a_shade_does_not() {
        let plain = picture(0xf0, 0..0);
        assert!(plain.looks_like(&picture(0xe0, 0..200)), "a shade");
        assert!(plain.looks_like(&picture(0, 0..10)), "a few strays");
        assert!(!plain.looks_like(&picture(0, 0..100)), "a word");
    }

    #[test]
    fn halving_takes_the_mean_of_four() {
        let mut four = Picture {
            width: 3,
            height: 2,
            pixels: [[0_u8; 3], [40; 3], [255; 3], [80; 3], [120; 3], [255; 3]].concat(),
        };
        four.halve();
        assert_eq!((four.width, four.height, four.pixels), (1, 1, vec![60; 3]));
    }

    #[test]
    fn an_accepted_picture_reads_back() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("picture.png");
        let some = picture(0x40, 10..500);
        some.write(&path)?;
        assert_eq!(Picture::read(&path)?, some);
        Ok(())
    }
}
