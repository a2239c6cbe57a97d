use boxagnts_guest_sdk::{Content, Failure};

use super::answered;
use crate::reply::Part;
use crate::wire::Answer;

const URL: &str = "https://a.example/b";

fn answer(status: u16, content_type: &str, body: &[u8]) -> Answer {
    Answer { status, fields: vec![("content-type".to_owned(), content_type.to_owned())], body: body.to_vec() }
}

fn told(answer: &Answer, raw: bool) -> Result<String, Failure> {
    let output = answered(URL, answer, &Part::new(None, None), raw)?;
    match &output.content[0] {
        Content::Text(text) => Ok(text.clone()),
        other => panic!("no text: {other:?}"),
    }
}

#[test]
fn a_page_comes_as_markdown_and_raw_as_its_source() {
    let page = answer(200, "text/html", b"<h1>Hi</h1><script>x</script>");
    assert!(told(&page, false).is_ok_and(|text| text.ends_with("\n\n# Hi")));
    assert!(told(&page, true).is_ok_and(|text| text.ends_with("<h1>Hi</h1><script>x</script>")));
}

#[test]
fn json_comes_as_it_is() {
    assert!(
        told(&answer(200, "application/json", b"{\"a\": 1}"), false).is_ok_and(|text| text.ends_with("{\"a\": 1}"))
    );
}

#[test]
fn an_image_comes_as_an_image_and_another_file_by_name() {
    let png = answer(200, "image/png", b"\x89PNG\r\n\x1a\nrest");
    let output = answered(URL, &png, &Part::new(None, None), false).expect("an image");
    assert!(matches!(&output.content[1], Content::Image((name, _)) if name == "image/png"));
    let pdf = told(&answer(200, "application/pdf", b"%PDF-1.7"), false);
    assert_eq!(
        pdf.ok().as_deref(),
        Some("https://a.example/b is a file of the type application/pdf with 8 bytes and is not shown.")
    );
    let large = answer(200, "image/png", &[b"\x89PNG\r\n\x1a\n".as_slice(), &vec![0; 6 << 20]].concat());
    assert!(matches!(told(&large, false), Err(Failure::Rejected(why)) if why.contains("at most")));
}

#[test]
fn an_error_is_told_with_a_bounded_excerpt() {
    let page = format!("<p>{}</p>", "no such page ".repeat(1000));
    let Err(Failure::Rejected(why)) = told(&answer(404, "text/html", page.as_bytes()), false) else { panic!("shown") };
    assert!(why.starts_with("https://a.example/b answered 404 Not Found. Its page says, as data"), "{why}");
    assert!(why.len() < 2_300 && why.ends_with('…'));
    assert!(
        matches!(told(&answer(500, "", b""), false), Err(Failure::Rejected(why)) if why.ends_with("500 Internal Server Error"))
    );
}

#[test]
fn a_redirect_and_an_empty_page_are_told() {
    let mut moved = answer(301, "text/html", b"<p>moved</p>");
    moved.fields.push(("location".to_owned(), "/c".to_owned()));
    assert!(told(&moved, false).is_ok_and(|text| text.contains("leads on to https://a.example/c\n")));
    assert!(told(&answer(204, "", b""), false).is_ok_and(|text| text.contains("its page is empty")));
}
