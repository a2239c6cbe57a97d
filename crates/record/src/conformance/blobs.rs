//! Bytes by their digest.

use super::{Fresh, Stage, block_on};
use crate::store::StoreError;

/// What goes in comes out, whatever it is, under its SHA-256.
pub fn blobs_are_kept_by_their_digest(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let every_byte: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    for bytes in [Vec::new(), b"abc".to_vec(), every_byte] {
        let digest = block_on(stage.store.put_blob(bytes.clone())).expect("a blob can be kept");
        assert_eq!(block_on(stage.store.blob(digest)).expect("it was kept"), bytes);
    }
    // The digest of "abc" as FIPS 180-2 gives it in appendix B.1.
    let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(block_on(stage.store.blob(known.to_owned())).expect("it was kept"), b"abc");
}

/// Keeping the same bytes again is no error and changes nothing.
pub fn equal_blobs_are_one(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let put = || block_on(stage.store.put_blob(b"again".to_vec())).expect("a blob can be kept");
    assert_eq!(put(), put());
    assert_eq!(block_on(stage.store.blob(put())).expect("it was kept"), b"again");
}

/// Absent digests and texts that are no digest are told apart from damage, and lead to no file.
pub fn a_digest_that_is_none_is_no_blob(fresh: Fresh<'_>) {
    let stage = Stage::new(fresh);
    let kept = block_on(stage.store.put_blob(b"x".to_vec())).expect("a blob can be kept");
    let absent = "0".repeat(64);
    let texts = ["", "..", "../../etc/passwd", "ab/../..", &absent, &kept.to_uppercase(), &kept[1..], "\u{1b}[2J\0"];
    for text in texts {
        let refusal = block_on(stage.store.blob(text.to_owned())).expect_err("nothing was kept under it");
        assert!(matches!(refusal, StoreError::NoBlob(_)), "{text:?}: {refusal}");
        assert!(!refusal.to_string().contains('\u{1b}'));
    }
}
