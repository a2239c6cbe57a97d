//! Commands that the language has in a smaller form than scripts expect.
//!
//! They replace its own by name: `diff` with folders, context and ways to ignore differences, `gzip` with
//! its siblings, several members and a test, `ls` with its usual columns and orders.

mod calendar;
mod diff;
mod gzip;
mod ls;

use bashkit::{BashBuilder, BuiltinContext, ExecResult};

/// Puts the commands into a shell.
pub(crate) fn install(shell: BashBuilder) -> BashBuilder {
    let shell = shell.builtin("diff", Box::new(diff::Diff)).builtin("ls", Box::new(ls::Ls));
    let gzip = |does| Box::new(gzip::Gzip { does });
    shell
        .builtin("gzip", gzip(gzip::Does::Pack))
        .builtin("gunzip", gzip(gzip::Does::Unpack))
        .builtin("zcat", gzip(gzip::Does::Show))
}

/// Bytes from a file or, for `-`, from standard input.
async fn read(context: &BuiltinContext<'_>, path: &str) -> Result<Vec<u8>, String> {
    if path == "-" {
        return Ok(context.stdin.map_or_else(Vec::new, |stdin| stdin.as_bytes().to_vec()));
    }
    context.fs.read_file(&context.cwd.join(path)).await.map_err(|error| reason(&error))
}

/// An error of the disk as a command says it.
fn reason(error: &bashkit::Error) -> String {
    match error {
        bashkit::Error::Io(error) if error.to_string() == "file not found" => "No such file or directory".to_owned(),
        bashkit::Error::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

fn result(stdout: Vec<u8>, stderr: String, status: i32) -> ExecResult {
    ExecResult { stdout: stdout.into(), stderr: stderr.into(), exit_code: status, ..ExecResult::default() }
}
