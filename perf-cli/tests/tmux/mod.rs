//! A terminal that is looked at.

use std::{
    fs,
    process::Command,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

/// Columns and rows.
pub(crate) const SMALL: (u16, u16) = (80, 24);
pub(crate) const LARGE: (u16, u16) = (200, 50);

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(50);

/// A server of its own, with one window, gone when it is dropped.
pub(crate) struct Tmux {
    socket: String,
}

impl Tmux {
    /// Runs a command, and then tells its code and waits.
    pub(crate) fn run((width, height): (u16, u16), command: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Relaxed);
        let tmux = Self { socket: format!("perfkit-{}-{number}", std::process::id()) };
        // What is typed afterwards is seen only if the terminal echoes again.
        let script = format!("{command}; echo \"ended with $?\"; exec cat >/dev/null");
        let (width, height) = (width.to_string(), height.to_string());
        tmux.ask(&["new-session", "-d", "-x", &width, "-y", &height, &script]);
        tmux
    }

    fn ask(&self, arguments: &[&str]) -> String {
        let mut command = Command::new("tmux");
        command.args(["-u", "-L", &self.socket, "-f", "/dev/null"]).args(arguments);
        command.env("LC_ALL", "C.UTF-8").env("SHELL", "/bin/sh").env_remove("TMUX");
        for name in ["NO_COLOR", "PERFKIT_STORE", "PERFKIT_HTTP_TOKEN"] {
            command.env_remove(name);
        }
        let done = command.output().expect("tmux is needed");
        assert!(done.status.success(), "tmux {arguments:?}: {done:?}");
        String::from_utf8(done.stdout).unwrap()
    }

    /// What is on the screen now, each of its lines.
    pub(crate) fn screen(&self) -> String {
        self.ask(&["capture-pane", "-p"])
    }

    /// The screen, as soon as it is so.
    pub(crate) fn waits(&self, is_so: impl Fn(&str) -> bool) -> String {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if is_so(&screen) {
                return screen;
            }
            assert!(began.elapsed() < PATIENCE, "this is all there is:\n{screen}");
            thread::sleep(PAUSE);
        }
    }

    pub(crate) fn shows(&self, text: &str) -> String {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            let screen = self.screen();
            if screen.contains(text) {
                return screen;
            }
            thread::sleep(PAUSE);
        }
        panic!("{text:?} is not in\n{}", self.screen());
    }

    /// Presses keys, by tmux's names.
    pub(crate) fn keys(&self, keys: &[&str]) {
        self.ask(&[&["send-keys"], keys].concat());
    }

    pub(crate) fn resize(&self, (width, height): (u16, u16)) {
        let (width, height) = (width.to_string(), height.to_string());
        self.ask(&["resize-window", "-x", &width, "-y", &height]);
    }

    /// Sends SIGTERM to what runs in the shell.
    pub(crate) fn terminate(&self) {
        let shell = self.ask(&["display-message", "-p", "#{pane_pid}"]);
        let shell = shell.trim();
        let children = format!("/proc/{shell}/task/{shell}/children");
        let child = fs::read_to_string(children).unwrap();
        let killed = Command::new("kill").args(["-TERM", child.trim()]).status().unwrap();
        assert!(killed.success());
    }

    /// That the command has ended with a code, and the terminal is as it was: the first screen again, a
    /// cursor, and letters that are echoed.
    pub(crate) fn is_given_back(&self, code: i32) -> String {
        let screen = self.shows("ended with ");
        assert!(screen.contains(&format!("ended with {code}\n")), "{screen}");
        assert!(!screen.contains("▼share"), "{screen}");
        let flags = self.ask(&["display-message", "-p", "#{alternate_on} #{cursor_flag}"]);
        assert_eq!(flags.trim(), "0 1");
        self.keys(&["h", "e", "l", "l", "o", "Enter"]);
        self.shows("\nhello\n");
        screen
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let _ = Command::new("tmux").args(["-L", &self.socket, "kill-server"]).output();
    }
}
