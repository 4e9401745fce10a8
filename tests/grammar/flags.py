#!/usr/bin/python3
"""Prints the flags that a tool names in its own help, of each of its commands: command, long name, letter, whether a value
follows; with tabs between them. For a look at a version that the grammars do not know yet:

    tests/grammar/flags.py docker /usr/bin/docker
"""

import re
import subprocess
import sys

# A heading, the lines below it that are indented, and what they are.
SECTION = re.compile(r"^(\S.*):\n((?:[ \t].*\n|\n)*)", re.MULTILINE)
COMMAND = re.compile(r"^ {2,4}([a-z][\w-]*)((?:, [\w-]+)*)(\*?)(?:\s|$)", re.MULTILINE)
PFLAG = re.compile(r"^ {1,8}(?:-(\w), )?--([\w.-]+)( \S+)?", re.MULTILINE)
KUBECTL = re.compile(r"^ +(?:-(\w), )?--([\w.-]+)=(.*):$", re.MULTILINE)
URFAVE = re.compile(r"^ +(-.*?)(?:  |$)", re.MULTILINE)


def ask(program, arguments):
    done = subprocess.run([program, *arguments, "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.stdout + "\n"


def flags_of(tool, text):
    """Each flag as its long name, its letter and whether a value follows."""
    if tool == "kubectl":
        for letter, name, default in KUBECTL.findall(text):
            yield name, letter, default not in ("true", "false")
    elif tool in ("ctr", "crictl"):
        for names in URFAVE.findall(text):
            parts = [part.split(" ") for part in names.split(", ") if part.startswith("-")]
            long = [part for part in parts if part[0].startswith("--")]
            letters = [part[0][1:] for part in parts if not part[0].startswith("--")]
            if long:
                yield long[0][0][2:], "".join(letters[:1]), any(len(part) > 1 for part in parts)
    else:
        for letter, name, value in PFLAG.findall(text):
            yield name, letter, value != ""


def walk(tool, program, path, seen):
    text = ask(program, path)
    if text in seen:
        return
    seen.add(text)
    for heading, body in SECTION.findall(text):
        if heading.lower().endswith("options"):
            for name, letter, has_value in flags_of(tool, body):
                print("\t".join([" ".join(path), name, letter, "value" if has_value else "switch"]))
        elif "commands" in heading.lower():
            for name, _, plugin in COMMAND.findall(body):
                if not plugin and name not in ("help", "completion"):
                    walk(tool, program, path + [name], seen)


def main():
    tool, program = sys.argv[1:]
    if tool == "kubectl":
        options = subprocess.run([program, "options"], stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
        for name, letter, has_value in flags_of(tool, options):
            print("\t".join(["", name, letter, "value" if has_value else "switch"]))
    walk(tool, program, [], set())


main()
