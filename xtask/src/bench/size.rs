//! What the shipped program weighs, and of what.

use super::table::Table;
use crate::place;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

/// The limit of `docs/performance.md`.
const GOAL_MIB: f64 = 64.0;

pub(crate) fn measure(program: &Path) -> Result<Table> {
    let bytes = fs::read(program).with_context(|| format!("cannot read {}", program.display()))?;
    let pack = fs::metadata(place::pack())?.len();
    let total = bytes.len() as u64;
    let mut table = Table::new("Weight of the program", ["part", "MiB", "share"]);
    let mut rest = total;
    for (part, weight) in parts(&bytes, pack)? {
        rest = rest.saturating_sub(weight);
        table.row([part.to_owned(), mebibytes(weight), share(weight, total)]);
    }
    table.row(["everything else".to_owned(), mebibytes(rest), share(rest, total)]);
    table.row(["the whole".to_owned(), mebibytes(total), share(total, total)]);
    table.note(format!("goal: ≤ {GOAL_MIB} MiB with everything inside"));
    Ok(table)
}

/// The parts by the sections of the file. The guests are constants to the linker, so they are taken out of those.
fn parts(program: &[u8], pack: u64) -> Result<[(&'static str, u64); 5]> {
    let sections = sections(program)?;
    let sum = |names: &[&str]| {
        let named = sections.iter().filter(|(name, _)| names.iter().any(|prefix| name.starts_with(prefix)));
        named.map(|(_, size)| size).sum::<u64>()
    };
    let constants = sum(&[".rodata"]).checked_sub(pack).context("the program does not hold the pack of the guests")?;
    Ok([
        ("guests, compiled ahead of time and compressed", pack),
        ("machine code", sum(&[".text", ".plt", ".init", ".fini"])),
        ("constants", constants),
        ("tables for unwinding", sum(&[".eh_frame", ".gcc_except_table"])),
        ("data and relocations", sum(&[".data", ".rela", ".got", ".dyn", ".init_array", ".fini_array"])),
    ])
}

/// Names and sizes of the sections of a 64-bit little-endian ELF file, as its specification lays them out.
fn sections(program: &[u8]) -> Result<Vec<(String, u64)>> {
    if program.get(..6) != Some(b"\x7fELF\x02\x01") {
        bail!("the parts of a program are known for 64-bit ELF files only");
    }
    let (table, width) = (number(program, 0x28, 8)?, number(program, 0x3a, 2)?);
    let (count, names) = (number(program, 0x3c, 2)?, number(program, 0x3e, 2)?);
    let header = |at: u64| table + at * width;
    let names = number(program, header(names) + 0x18, 8)?;
    (0..count)
        .map(|at| {
            let name = names + number(program, header(at), 4)?;
            // A section without bits takes memory when it runs, and no place in the file.
            let is_empty = number(program, header(at) + 4, 4)? == 8;
            let size = if is_empty { 0 } else { number(program, header(at) + 0x20, 8)? };
            Ok((text(program, name), size))
        })
        .collect()
}

fn number(program: &[u8], at: u64, width: usize) -> Result<u64> {
    let at = usize::try_from(at)?;
    let bytes = at.checked_add(width).and_then(|end| program.get(at..end)).context("the program file is cut short")?;
    Ok(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn text(program: &[u8], at: u64) -> String {
    let bytes = usize::try_from(at).ok().and_then(|at| program.get(at..)).unwrap_or_default();
    String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
}

#[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}

#[expect(clippy::cast_precision_loss, reason = "shown as a whole number")]
fn share(part: u64, whole: u64) -> String {
    format!("{:.0} %", part as f64 * 100.0 / whole.max(1) as f64)
}

#[cfg(test)]
mod tests {
    use super::sections;

    #[test]
    fn the_sections_of_this_very_program_are_found() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let sections = sections(&program).unwrap();
        assert!(sections.iter().any(|(name, size)| name == ".text" && 0 < *size), "{sections:?}");
    }

    #[test]
    fn a_file_that_is_cut_is_an_error() {
        let program = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(sections(&program[..100]).is_err());
        assert!(sections(b"no program").is_err());
    }
}
