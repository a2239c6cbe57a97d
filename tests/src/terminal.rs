//! A terminal with a person at it.

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

/// A program on a terminal, and the person's side of it.
pub struct AtTerminal {
    /// The program.
    pub child: Child,
    person: File,
    screen: Vec<u8>,
}

impl AtTerminal {
    /// Starts a program with standard input and standard error on a new terminal.
    ///
    /// # Panics
    /// When there is no terminal or the program cannot be started.
    pub fn start(command: &mut Command, typed_before: &str) -> Self {
        let (mut person, program) = terminal();
        person.write_all(typed_before.as_bytes()).expect("the terminal takes what is typed");
        let again = || Stdio::from(program.try_clone().expect("a second descriptor"));
        let child = command.stdin(again()).stderr(again()).spawn().expect("the program starts");
        Self { child, person, screen: Vec::new() }
    }

    /// Reads the screen until a text stands there, and returns all that was shown so far.
    ///
    /// # Panics
    /// When the terminal closes before.
    pub fn until(&mut self, text: &str) -> String {
        let mut chunk = [0; 1024];
        loop {
            let shown = String::from_utf8_lossy(&self.screen).into_owned();
            if shown.contains(text) {
                return shown;
            }
            let read = self.person.read(&mut chunk).expect("the terminal is open");
            self.screen.extend_from_slice(&chunk[..read]);
        }
    }

    /// Types.
    ///
    /// # Panics
    /// When the terminal is closed.
    pub fn types(&mut self, text: &str) {
        self.person.write_all(text.as_bytes()).expect("the terminal takes what is typed");
    }

    /// Waits for the program's end and returns its exit code.
    ///
    /// # Panics
    /// When it cannot be waited for.
    pub fn code(&mut self) -> Option<i32> {
        self.child.wait().expect("the program ends").code()
    }
}

/// Both ends of a terminal: the person's and the program's.
fn terminal() -> (File, File) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&person).expect("the terminal is ours");
    unlockpt(&person).expect("the terminal opens");
    let name = ptsname(&person, Vec::new()).expect("it has a name").into_string().expect("its name is text");
    (person.into(), OpenOptions::new().read(true).write(true).open(name).expect("the other end opens"))
}
