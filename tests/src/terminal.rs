//! A terminal with a person at the other end.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::process::{Child, Command, Stdio};

/// The person's end, and what stood on the screen so far.
pub struct Person {
    end: File,
    screen: String,
    program: File,
}

impl Default for Person {
    fn default() -> Self {
        Self::new()
    }
}

impl Person {
    /// A person at an empty screen.
    ///
    /// # Panics
    /// When the system has no terminals.
    pub fn new() -> Self {
        use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
        let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        // A program that held the person's end too would never notice that the person has gone.
        rustix::io::fcntl_setfd(&person, rustix::io::FdFlags::CLOEXEC).expect("it has a flag");
        grantpt(&person).expect("it is ours");
        unlockpt(&person).expect("it is open");
        let name = ptsname(&person, Vec::new()).expect("it has a name").into_string().expect("its name is text");
        let program = OpenOptions::new().read(true).write(true).open(name).expect("it can be opened");
        Self { end: person.into(), screen: String::new(), program }
    }

    /// Starts a program that reads from this terminal and writes its diagnostics there.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn starts(&self, command: &mut Command) -> Child {
        let end = || Stdio::from(self.program.try_clone().expect("a second end"));
        command.stdin(end()).stderr(end()).spawn().expect("the program starts")
    }

    /// Types.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn types(&mut self, text: &str) {
        self.end.write_all(text.as_bytes()).expect("the terminal takes it");
    }

    /// Watches until a text stands on the screen so many times, and gives back all that was ever there.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn sees(&mut self, text: &str, times: usize) -> &str {
        self.sees_one_of(&[(text, times)]);
        &self.screen
    }

    /// Watches until one of these texts stands on the screen as often as it says, and tells which.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn sees_one_of(&mut self, texts: &[(&str, usize)]) -> usize {
        let mut chunk = [0; 1024];
        loop {
            let seen = |(text, times): &(&str, usize)| *times <= self.screen.matches(text).count();
            if let Some(at) = texts.iter().position(seen) {
                return at;
            }
            let read = self.end.read(&mut chunk).expect("the screen is there");
            self.screen.push_str(&String::from_utf8_lossy(&chunk[..read]));
        }
    }
}
