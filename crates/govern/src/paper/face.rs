//! The font: DejaVu Sans, which has Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian, Georgian and many signs.

use std::collections::BTreeSet;

use miniz_oxide::deflate::compress_to_vec_zlib;
use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Chunk, Filter, Name, Rect, Ref, Str};
use subsetter::GlyphRemapper;

use super::Unprintable;
use super::file::{File, settings};

const FONT: &[u8] = include_bytes!("font/DejaVuSans.ttf");
/// Its name in the file, with the mark of a subset (ISO 32000-1 §9.6.4).
const NAME: Name<'static> = Name(b"SEALPO+DejaVuSans");
const CMAP: Name<'static> = Name(b"Adobe-Identity-UCS");
const IDENTITY: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
const UNICODE: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"UCS"), supplement: 0 };

/// How hard pages and fonts are compressed, 0 to 10.
pub(super) const EFFORT: u8 = 6;

/// What a glyph stands for: one character, or two that are written as one.
pub(super) type Says = (char, Option<char>);

/// A glyph as it is used in the file.
#[derive(Clone)]
struct Used {
    /// In thousandths of the size.
    width: f32,
    says: Says,
}

/// The font, and what of it is used.
pub(super) struct Face {
    face: ttf_parser::Face<'static>,
    /// From the font's glyphs to the file's, in the order in which they are first used.
    used: GlyphRemapper,
    glyphs: Vec<Used>,
    missing: BTreeSet<char>,
}

impl Face {
    pub(super) fn new() -> Result<Self, Unprintable> {
        let face = ttf_parser::Face::parse(FONT, 0).map_err(|_| Unprintable("the font can't be read"))?;
        let nothing = Used { width: 0.0, says: (char::REPLACEMENT_CHARACTER, None) };
        Ok(Self { face, used: GlyphRemapper::new(), glyphs: vec![nothing], missing: BTreeSet::new() })
    }

    /// The font's glyph for a character.
    pub(super) fn glyph(&self, of: char) -> Option<u16> {
        self.face.glyph_index(of).map(|id| id.0).filter(|id| *id != 0)
    }

    /// How far a glyph goes, in thousandths of the size.
    pub(super) fn width(&self, glyph: u16) -> f32 {
        f32::from(self.face.glyph_hor_advance(ttf_parser::GlyphId(glyph)).unwrap_or_default()) * self.scale()
    }

    /// What the file calls a glyph of the font, which stands for this.
    pub(super) fn in_use(&mut self, glyph: u16, says: Says) -> u16 {
        let id = self.used.remap(glyph);
        if usize::from(id) == self.glyphs.len() {
            let width = self.width(glyph);
            self.glyphs.push(Used { width, says });
        }
        id
    }

    /// What a glyph of the file stands for.
    #[cfg(test)]
    pub(super) fn says(&self, glyph: u16) -> Says {
        self.glyphs[usize::from(glyph)].says
    }

    /// The font has nothing for this.
    pub(super) fn lacks(&mut self, this: char) {
        self.missing.insert(this);
    }

    /// What it had nothing for so far.
    pub(super) fn missing(&self) -> &BTreeSet<char> {
        &self.missing
    }

    fn scale(&self) -> f32 {
        1000.0 / f32::from(self.face.units_per_em())
    }

    /// Writes what was used of it as the font `id`.
    pub(super) fn finish(&self, file: &mut File, id: Ref) -> Result<(), Unprintable> {
        let [cid, descriptor, data, cmap] = [(); 4].map(|()| file.next());
        let part = subsetter::subset(FONT, 0, &self.used).map_err(|_| Unprintable("the font can't be cut down"))?;
        let length = i32::try_from(part.len()).unwrap_or(i32::MAX);
        let packed = compress_to_vec_zlib(&part, EFFORT);
        let mut chunk = Chunk::with_settings(settings());
        chunk.stream(data, &packed).filter(Filter::FlateDecode).pair(Name(b"Length1"), length);
        file.object(data, &chunk);

        let scale = self.scale();
        let bounds = self.face.global_bounding_box();
        let mut chunk = Chunk::with_settings(settings());
        let scaled = |value: i16| f32::from(value) * scale;
        chunk
            .font_descriptor(descriptor)
            .name(NAME)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(scaled(bounds.x_min), scaled(bounds.y_min), scaled(bounds.x_max), scaled(bounds.y_max)))
            .italic_angle(0.0)
            .ascent(scaled(self.face.ascender()))
            .descent(scaled(self.face.descender()))
            .cap_height(scaled(self.face.capital_height().unwrap_or_else(|| self.face.ascender())))
            .stem_v(80.0)
            .font_file2(data);
        file.object(descriptor, &chunk);

        let mut chunk = Chunk::with_settings(settings());
        let mut font = chunk.cid_font(cid);
        font.subtype(CidFontType::Type2).base_font(NAME).system_info(IDENTITY).font_descriptor(descriptor);
        font.default_width(0.0).cid_to_gid_map_predefined(Name(b"Identity"));
        font.widths().consecutive(0, self.glyphs.iter().map(|glyph| glyph.width));
        drop(font);
        file.object(cid, &chunk);

        let mut mapping = UnicodeCmap::<u16>::new(CMAP, UNICODE);
        for (glyph, Used { says: (first, second), .. }) in (0..=u16::MAX).zip(&self.glyphs).skip(1) {
            mapping.pair_with_multiple(glyph, std::iter::once(*first).chain(*second));
        }
        let packed = compress_to_vec_zlib(mapping.finish().as_slice(), EFFORT);
        let mut chunk = Chunk::with_settings(settings());
        chunk.cmap(cmap, &packed).name(CMAP).system_info(UNICODE).filter(Filter::FlateDecode);
        file.object(cmap, &chunk);

        let mut chunk = Chunk::with_settings(settings());
        chunk
            .type0_font(id)
            .base_font(NAME)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid)
            .to_unicode(cmap);
        file.object(id, &chunk);
        Ok(())
    }
}
