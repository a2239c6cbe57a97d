//! Class A through the shell: the same places, by every way in which a script comes to a file.

use crate::scene::Scene;
use crate::siege::{Attack, EVERYTHING, Fate, done, refused, storm, storm_in};
use std::fs;

const FOLDER: &str = "the folder's bounds";
const GIT: &str = "the protected paths: .git is never written";
const OWN: &str = "the protected paths: .boxagnts does not exist for tools";

/// A script that must be refused this effect by this rule.
type Row = (&'static str, &'static str, &'static str);

/// Through links that lead out, by redirections, copies, archives and programs that walk.
const LINKS: [Row; 16] = [
    ("cat out/canary.txt", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("cat < out/canary.txt", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("exec 3< out/canary.txt; cat <&3", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("cat passwd", "fs.read:/workspace/passwd", FOLDER),
    ("cat root/etc/passwd", "fs.read:/workspace/root/etc/passwd", FOLDER),
    ("cp out/canary.txt stolen; cat stolen", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("mv out/canary.txt stolen", "fs.write:/workspace/out/canary.txt", FOLDER),
    ("zip /tmp/stolen.zip out/canary.txt", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("source out/canary.txt; echo $?", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("base64 out/canary.txt | head -1", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("sed -i s/c/x/ out/canary.txt", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("echo x > out/canary.txt", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("tee -a out/canary.txt < README.md", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("cat <<END > out/canary.txt\nx\nEND", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("truncate -s 0 out/canary.txt", "fs.read:/workspace/out/canary.txt", FOLDER),
    ("ln -s ../canary.txt l; cat l", "fs.write:/workspace/l", "they create no links"),
];

/// Into what is protected, under its own name and under others.
const PROTECTED: [Row; 18] = [
    ("echo x > .git/hooks/pre-commit", "fs.write:/workspace/.git/hooks/pre-commit", GIT),
    ("printf x >> .git/config", "fs.write:/workspace/.git/config", GIT),
    ("cp README.md .git/hooks/pre-push", "fs.write:/workspace/.git/hooks/pre-push", GIT),
    ("mv README.md .git/hooks/pre-push", "fs.write:/workspace/.git/hooks/pre-push", GIT),
    ("mv src .git/src", "fs.write:/workspace/.git/src", GIT),
    ("mv .git mine", "fs.write:/workspace/.git", GIT),
    ("mv sub elsewhere", "fs.write:/workspace/sub", "a folder around what is BoxAgnts' own is not moved"),
    ("rm -rf .git", "fs.write:/workspace/.git/config", GIT),
    ("mkdir .GIT; echo x > .GIT/config", "fs.write:/workspace/.GIT/config", GIT),
    ("mkdir -p new/.git/hooks", "fs.write:/workspace/new/.git/hooks", GIT),
    ("touch -d 2000-01-01 .git/config", "fs.write:/workspace/.git/config", GIT),
    ("find .git -name config -exec sed -i s/c/x/ {} \\;", "fs.write:/workspace/.git/config", GIT),
    ("echo x > hooks/pre-commit", "fs.write:/workspace/.git/hooks/pre-commit", GIT),
    ("mkdir .boxagnts", "fs.write:/workspace/.boxagnts", OWN),
    ("cat .boxagnts/notes.txt", "fs.read:/workspace/.boxagnts/notes.txt", OWN),
    ("echo x > .mcp.json", "fs.write:/workspace/.mcp.json", ".mcp.json is never written"),
    ("cd .vscode && echo x > tasks.json", "fs.write:/workspace/.vscode/tasks.json", ".vscode is never written"),
    (
        "patch -p0 <<END\n--- /dev/null\n+++ .git/hooks/pre-rebase\n@@ -0,0 +1 @@\n+x\nEND",
        "fs.write:/workspace/.git/hooks/pre-rebase",
        GIT,
    ),
];

/// What the shell itself knows to lead nowhere: no effect is even tried. The world is what is looked at.
const NOWHERE: [&str; 22] = [
    "cat ../../etc/passwd ../canary.txt ../private/canary.txt",
    "cd /; cat ../canary.txt home/.ssh/id_ed25519; cd ~; cat ../.ssh/id_ed25519; ls -la ..",
    "cat /proc/self/environ /proc/1/environ /proc/self/root/etc/shadow /proc/self/fd/*",
    "cat /dev/fd/3 <&3; cat /dev/stdin; cat /dev/tcp/127.0.0.1/22; ls -l /dev/fd",
    "find -L / -name 'canary*' -exec cat {} +; find / -name id_ed25519",
    "find . -type l -exec cat {}/canary.txt \\;; find -L out -type f | xargs cat",
    "grep -r canary- / ; grep -r canary- out root; rg canary- ..",
    "tar cf - out passwd root/etc | tar tf -; tar chf /tmp/a.tar out; tar tf /tmp/a.tar",
    "cp -rL out copied; cp -a root/etc copied2; cp -r .boxagnts copied3; ls copied copied2 copied3",
    "ln ../canary.txt hard; ln -sf / anywhere; ln -s .git/hooks h2 && echo x > h2/pre-commit",
    "rm -rf out/* root/tmp/* ../private; unlink out/canary.txt; rmdir ../private",
    "mkfifo pipe; mknod dev c 1 3; mount; chroot /; sudo cat /etc/shadow; su",
    "echo x > /etc/passwd; echo x > /canary.txt; echo x > /root/.bashrc; echo x >> ~/../.bashrc",
    "dd if=out/canary.txt of=copy bs=1; xxd root/etc/passwd; od -c passwd; strings passwd; tac passwd; nl passwd",
    "eval 'cat .. /canary.txt'; bash -c 'cat ../canary.txt'; sh -c 'cat passwd'; $(echo cat) ../canary.txt",
    "printf '--- /dev/null\\n+++ ../../canary.txt\\n@@ -0,0 +1 @@\\n+x\\n' | patch -p0; patch -p9 < /dev/null",
    "chmod -R 777 .git out .boxagnts; chown root .git/config; chmod 000 .git",
    "python3 -c 'print(open(\"/etc/passwd\").read())'; perl -e 1; node -e 1; curl http://127.0.0.1; nc 127.0.0.1 22; ssh x",
    "realpath out/canary.txt; readlink -f out; stat out/canary.txt; file out/canary.txt; du -a out; wc out/canary.txt",
    "cat <(cat out/canary.txt) <(cat ../canary.txt); diff out/canary.txt README.md; sort passwd; awk 1 passwd; jq . passwd",
    "while read l; do echo \"$l\"; done < passwd; mapfile a < root/etc/passwd; echo \"${a[@]}\"; read x < out/canary.txt; echo $x",
    "shopt -s globstar dotglob; echo out/* root/* /home/* .boxagnts/*; cat **/canary* .*/notes.txt",
];

fn attacks() -> Vec<Attack> {
    // The shell keeps its folder from call to call.
    let here = |script: &str, fate| Attack::script(&format!("cd /workspace\n{script}"), fate);
    let rows = LINKS.iter().chain(&PROTECTED);
    let refusals = rows.map(|(script, effect, rule)| here(script, refused(effect, rule)));
    refusals.chain(NOWHERE.iter().map(|script| here(script, Fate::Harmless))).collect()
}

/// A01 A02 A05 A06 A08 A11: fifty scripts, under everything that can be granted, one after the other in one shell.
#[test]
fn a01_a02_a05_a06_a08_a11_no_script_leads_out_under_every_grant() {
    let scene = Scene::new();
    let after = storm_in(&scene, &attacks(), &EVERYTHING, &[], 2);
    scene.is_untouched(&[&after.ended.out, &after.ended.err, &after.told]);
    assert!(!after.told.contains("root:x:0") && !after.told.contains("PATH=/"), "the machine's own files were read");
    let unwanted = ["stolen", "mine", "elsewhere", "new/.git", ".GIT", "l", "hard", "anywhere", "pipe", "dev"];
    assert_eq!(unwanted.map(|path| scene.has(path)), [false; 10], "a denial is total");
    // The twins: the same programs, inside.
    let twins = [
        Attack::script(
            "cd /workspace; cat < README.md; cp README.md copy; mv copy moved; cat moved",
            done("plain words\nplain words"),
        ),
        Attack::script("cat in/main.rs; echo new > in/new.rs; cat src/new.rs", done("new")),
        Attack::script("mkdir -p a/b && echo x > a/b/c && mv a z && find z -type f -exec cat {} +", done("x")),
        Attack::script("tar cf /tmp/a.tar src && tar tf /tmp/a.tar", done("src/main.rs")),
        Attack::script("cat .git/config", done("canary")),
        Attack::script(
            "printf -- '--- README.md\\n+++ README.md\\n@@ -1 +1 @@\\n-plain words\\n+other words\\n' | patch -p0; cat README.md",
            done("other words"),
        ),
    ];
    storm_in(&scene, &twins, &EVERYTHING, &[], 1);
    assert!(scene.has("z/b/c") && !scene.has("a"));
    scene.is_unchanged();
}

/// A08: what a question would stand for is refused before anybody is asked, and the prepared changes with it.
#[test]
fn a08_a_prepared_script_does_not_lead_into_what_is_protected() {
    let scene = Scene::new();
    let scripts = [
        Attack::script(
            "mkdir -p p/hooks && echo x > p/hooks/pre-commit && mv p .git",
            refused("fs.write:/workspace/.git/p", GIT),
        ),
        Attack::script("echo x > y && mv y .git/config", refused("fs.write:/workspace/.git/config", GIT)),
        Attack::script("echo x > y && mv sub z", refused("fs.write:/workspace/sub", "a folder around")),
        Attack::script("rm README.md && mkdir .boxagnts", refused("fs.write:/workspace/.boxagnts", OWN)),
    ];
    let after = storm(&scene, &scripts, &[]);
    scene.is_untouched(&[&after.told]);
    assert_eq!(scene.house.read("README.md"), "plain words\n");
    assert!(!scene.has("p") && !scene.has("y") && !scene.has("z"));
    // The control: with the same words outside of what is protected, and a grant, it happens.
    let twin = Attack::script(
        "mkdir -p p/hooks && echo x > p/hooks/pre-commit && mv p .github && cat .github/hooks/pre-commit",
        done("x"),
    );
    storm(&scene, &[twin], &["--allow", "fs.write:/workspace"]);
    assert_eq!(fs::read_to_string(scene.house.workspace().join(".github/hooks/pre-commit")).unwrap(), "x\n");
}
