//! From HTML to the part that people read, as Markdown.
//!
//! What a browser would not show is taken out first, so that no reader is told what no person saw: scripts, styles,
//! hidden elements, comments, content inside of links. A page without an article comes whole.

use dom_query::{Document, NodeRef};
use dom_smoothie::{Config, Readability};
use htmd::HtmlToMarkdown;
use htmd::options::{BulletListMarker, Options};
use url::Url;

use crate::visible;

/// More than this of a page is not read; the rest of such a page is no text.
const LONGEST: usize = 4 * 1024 * 1024;

/// Elements inside one another. Pages of people have a few dozen; what walks a page goes one call deeper for each.
const DEEPEST: usize = 200;

/// Elements in which readability looks for an article.
const MOST_ELEMENTS: usize = 50_000;

/// The longest title, in characters.
const LONGEST_TITLE: usize = 200;

/// A page that has no more than this to say is shown whole.
const LEAST_ARTICLE: usize = 200;

/// What is never shown.
const UNSEEN: &str = "script, style, noscript, template, iframe, object, embed, applet, svg, canvas, link, audio, video, \
    map, dialog:not([open]), input, select, textarea, button, [hidden], [aria-hidden=\"true\"]";

/// A page as it is shown.
pub(crate) struct Page {
    pub(crate) title: Option<String>,
    pub(crate) markdown: String,
    /// What the Markdown is of.
    pub(crate) what: &'static str,
    /// Only the beginning of its source was read.
    pub(crate) is_cut: bool,
}

/// Reads a page that was found at `url`.
pub(crate) fn read(source: &str, url: &str) -> Page {
    let is_cut = LONGEST < source.len();
    let source = &source[..source.floor_char_boundary(LONGEST)];
    let document = Document::from(source);
    let title = document.select_single("title").text();
    let title = Some(visible::line(&title, LONGEST_TITLE)).filter(|title| !title.is_empty());
    take_out_what_is_hidden(&document);
    if DEEPEST < depth(&document) {
        let markdown = document.text().to_string();
        return Page { title, markdown, is_cut, what: "text of a page whose elements are nested too deeply" };
    }
    make_links_absolute(&document, url);
    let whole = document.html().to_string();
    let whole_markdown = markdown(&document.body().map_or_else(|| whole.clone(), |body| body.html().to_string()));
    match article(&whole, url).filter(|article| is_the_page(article, &whole_markdown)) {
        Some(markdown) => Page { title, markdown, is_cut, what: "Markdown of the readable part of the page" },
        None => Page { title, markdown: whole_markdown, is_cut, what: "Markdown of the whole page" },
    }
}

/// How deep elements lie in one another, found without going deeper in calls.
fn depth(document: &Document) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut node = document.root();
    loop {
        if let Some(child) = node.first_child() {
            node = child;
            depth += 1;
            deepest = deepest.max(depth);
            continue;
        }
        loop {
            if depth == 0 {
                return deepest;
            }
            if let Some(next) = node.next_sibling() {
                node = next;
                break;
            }
            let Some(parent) = node.parent() else { return deepest };
            node = parent;
            depth -= 1;
        }
    }
}

/// Takes out what a browser would not show.
fn take_out_what_is_hidden(document: &Document) {
    document.select(UNSEEN).remove();
    for node in document.select("[style]").nodes() {
        if node.attr("style").is_some_and(|style| is_hidden(&style)) {
            node.remove_from_parent();
        }
    }
}

/// Makes links absolute, and takes out those that lead to no page.
fn make_links_absolute(document: &Document, url: &str) {
    let found = Url::parse(url).ok();
    let base = document.base_uri().and_then(|base| found.as_ref()?.join(&base).ok()).or(found);
    for node in document.select("a[href], area[href]").nodes() {
        keep_link(node, "href", base.as_ref());
    }
    for node in document.select("img").nodes() {
        node.remove_attr("srcset");
        keep_link(node, "src", base.as_ref());
        if node.attr("src").is_none() {
            node.remove_from_parent();
        }
    }
}

/// Whether a style hides its element from people.
fn is_hidden(style: &str) -> bool {
    let style: String = style.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let zero = |name: &str| {
        style.split(';').any(|rule| {
            rule.strip_prefix(name).is_some_and(|value| {
                let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == '%' || c == '!');
                number.parse() == Ok(0.0_f32)
            })
        })
    };
    style.contains("display:none")
        || style.contains("visibility:hidden")
        || style.contains("visibility:collapse")
        || ["opacity:", "font-size:", "max-height:", "max-width:"].into_iter().any(zero)
}

/// Makes a link absolute, or takes it out when it leads to no page: scripts and content inside the link itself.
fn keep_link(node: &NodeRef<'_>, name: &str, base: Option<&Url>) {
    let Some(link) = node.attr(name) else { return };
    let absolute = match base {
        Some(base) => base.join(link.trim()).ok(),
        None => Url::parse(link.trim()).ok(),
    };
    match absolute.filter(|link| matches!(link.scheme(), "http" | "https" | "mailto")) {
        Some(link) => node.set_attr(name, link.as_str()),
        None => node.remove_attr(name),
    }
}

/// The article of a page, if it has one.
fn article(html: &str, url: &str) -> Option<String> {
    let config = Config { max_elements_to_parse: MOST_ELEMENTS, ..Config::default() };
    let mut reader = Readability::new(html, Some(url), Some(config)).ok()?;
    Some(markdown(&reader.parse().ok()?.content))
}

/// Whether what was taken for the article may stand for the page: it is worth reading, and not one note of many.
fn is_the_page(article: &str, whole: &str) -> bool {
    LEAST_ARTICLE <= article.len() && whole.len() <= 10 * article.len()
}

fn markdown(html: &str) -> String {
    let options = Options {
        bullet_list_marker: BulletListMarker::Dash,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        ..Options::default()
    };
    let converter = HtmlToMarkdown::builder().skip_tags(vec!["head", "script", "style"]).options(options).build();
    // It reads from memory, which does not fail.
    converter.convert(html).unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::read;

    const URL: &str = "https://example.com/docs/page.html";

    fn markdown(body: &str) -> String {
        read(&format!("<html><head><title>A\n title</title></head><body>{body}</body></html>"), URL).markdown
    }

    #[test]
    fn an_article_is_told_from_what_surrounds_it() {
        let words = "All happy families are alike; each unhappy family is unhappy in its own way. ".repeat(8);
        let page = format!(
            "<nav><ul><li><a href='/a'>Home</a></li></ul></nav><article><h1>On families</h1>\
             <p>{words}</p><p>{words}</p><p>See <a href='../x'>x</a>.</p></article><footer>Imprint</footer>"
        );
        let shown = markdown(&page);
        assert!(shown.contains("happy families") && shown.contains("[x](https://example.com/x)"), "{shown}");
        assert!(!shown.contains("Imprint") && !shown.contains("Home"), "{shown}");
    }

    #[test]
    fn a_small_page_comes_whole() {
        let shown = markdown("<h1>Status</h1><ul><li>one</li><li>two</li></ul><pre><code>a  b</code></pre>");
        assert_eq!(shown, "# Status\n\n- one\n- two\n\n```\na  b\n```");
    }

    #[test]
    fn what_nobody_sees_is_left_out() {
        for hidden in [
            "<script>secret</script>",
            "<style>secret</style>",
            "<noscript>secret</noscript>",
            "<template>secret</template>",
            "<!-- secret -->",
            "<p hidden>secret</p>",
            "<div aria-hidden='true'>secret</div>",
            "<p style='display : none'>secret</p>",
            "<p style='VISIBILITY:hidden'>secret</p>",
            "<p style='color:red;font-size:0px'>secret</p>",
            "<p style='opacity: 0.0'>secret</p>",
            "<img src='data:image/png;base64,secret'>",
            "<img src='x.png' srcset='secret 2x'>",
            "<a href='javascript:secret'>x</a>",
            "<a href='data:text/html,secret'>x</a>",
            "<textarea>secret</textarea>",
            "<iframe srcdoc='secret'></iframe>",
        ] {
            let shown = markdown(&format!("<p>before</p>{hidden}<p>after</p>"));
            assert!(!shown.contains("secret"), "{hidden}: {shown}");
            assert!(shown.contains("before") && shown.contains("after"), "{hidden}: {shown}");
        }
        assert!(markdown("<p style='opacity:0.5'>seen</p>").contains("seen"));
    }

    #[test]
    fn links_are_absolute() {
        let shown =
            markdown("<p><a href='next.html'>n</a> <a href='//b.example/'>b</a> <img src='/i.png' alt='i'></p>");
        assert!(shown.contains("[n](https://example.com/docs/next.html)"), "{shown}");
        assert!(
            shown.contains("[b](https://b.example/)") && shown.contains("![i](https://example.com/i.png)"),
            "{shown}"
        );
    }

    #[test]
    fn a_title_is_one_line() {
        let page = read("<title>A\n title</title><p>x", URL);
        assert_eq!((page.title.as_deref(), page.markdown.as_str()), (Some("A title"), "x"));
        assert_eq!(read("<p>x", URL).title, None);
    }

    #[test]
    fn a_tower_of_elements_is_read_as_text() {
        let tower = format!("{}deep{}", "<div>".repeat(3_000), "</div>".repeat(3_000));
        let page = read(&tower, URL);
        assert_eq!(page.markdown.trim(), "deep");
        let hidden = read(&format!("{tower}<p hidden>secret</p><p style='display:none'>secret</p>"), URL);
        assert!(!hidden.markdown.contains("secret"));
    }

    #[test]
    fn the_end_of_a_page_beyond_all_reading_is_left_and_told() {
        let page = read(&"<p>word ü</p>".repeat(400_000), URL);
        assert!(page.is_cut && page.markdown.starts_with("word ü"));
        assert!(!read("<p>word</p>", URL).is_cut);
    }

    #[test]
    fn what_is_no_html_is_no_danger() {
        for source in ["", "<", "<table><td><table>", "</p></p>", "<a href=>", "\u{fffd}\u{0}", "<svg><p><style><!--"] {
            read(source, URL);
        }
    }
}
