#!/usr/bin/env python3
"""`bantam export bundle`, `verify` and `import bundle`: what was measured here is whole elsewhere, and whose it is shows."""
import contextlib
import json
import shutil
import sqlite3
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "support"))
from cli_support import QUICK, CliTest  # noqa: E402


class BundleTest(CliTest):
    def setUp(self):
        super().setUp()
        done = self.bantam("run", "--models", "embedded:nano", "--precisions", "fp16,int8", "--tasks", "performance,accuracy",
                           "--accuracy-tasks", "nano_topic", "--accuracy-limit", "8", "-q", *QUICK)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        self.export("bantam.db", "mine.bundle")

    def export(self, store, path, *flags):
        done = self.bantam("export", "bundle", "--store", store, "--output-path", path, *flags)
        self.assert_ok(done)
        self.assertEqual(done.stderr, "")
        return (self.folder / path).read_bytes()

    def verified(self, path, *flags):
        done = self.bantam("verify", path, "-o", "json", *flags)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        page = json.loads(done.stdout)
        self.assertEqual(page["verified"], done.returncode == 0)
        return page

    def of_other_machine(self):
        """A store as another machine would have left it."""
        shutil.copy(self.folder / "bantam.db", self.folder / "other.db")
        with contextlib.closing(sqlite3.connect(self.folder / "other.db")) as store:
            for cell, text in store.execute("select cell, record from attempts").fetchall():
                record = json.loads(text)
                if record["task"] != "performance":
                    continue
                record["cell_key"] = record["cell_key"][::-1]
                record["device"]["identity"] = "another machine"
                store.execute("update attempts set record = ?, checksum = null where cell = ?", (json.dumps(record), cell))
                store.execute("update cells set key = ? where id = ?", (record["cell_key"], cell))
            store.commit()
        self.export("other.db", "other.bundle")

    def test_round_trip(self):
        page = self.verified("mine.bundle")
        self.assertEqual(page["findings"], [])
        self.assertEqual((page["cells"], page["items"]), (4, 16))
        self.assertEqual(page["recomputed"], self.verified("bantam.db")["recomputed"])
        self.assertGreater(page["recomputed"], 10)
        self.assert_ok(self.bantam("import", "bundle", "mine.bundle", "--store", "copy.db"))
        self.assertEqual(self.verified("copy.db")["findings"], [])
        for flags in ((), ("-o", "csv"), ("-o", "md")):
            tables = [self.bantam("analyze", "--store", store, *flags) for store in ("bantam.db", "copy.db")]
            self.assertEqual(tables[0].stdout, tables[1].stdout)
            self.assertEqual(tables[0].returncode, tables[1].returncode)

    def test_nothing_of_this_machine_is_in_it(self):
        text = (self.folder / "mine.bundle").read_text(encoding="utf-8")
        self.assertNotIn(str(self.folder), text)
        for line in text.splitlines():
            self.assertNotRegex(json.dumps(json.loads(line).get("record", {})), r'"/(home|root|tmp)/')

    def test_machines_stay_apart(self):
        self.of_other_machine()
        done = self.bantam("import", "bundle", "mine.bundle", "other.bundle", "--store", "all.db")
        self.assert_ok(done)
        self.assertIn("2 records of other.bundle imported into all.db, 2 were there already", done.stderr)
        page = " ".join(self.bantam("analyze", "--store", "all.db").stdout.split())
        self.assertIn("on several machines", page)
        self.assertEqual(self.verified("all.db")["findings"], [])
        self.assert_ok(self.bantam("import", "bundle", "other.bundle", "--store", "theirs.db"))
        done = self.bantam("compare", "nano:int8@bantam.db", "nano:int8@theirs.db")
        self.assertIn("different machines", " ".join(done.stdout.split()))

    def test_signatures(self):
        for name in ("ada", "eve"):
            made = subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name], check=False) \
                if shutil.which("ssh-keygen") else None
            if made is None or made.returncode:
                self.skipTest("needs ssh-keygen")
        (self.folder / "signers").write_text("ada@x namespaces=\"bantam\" " + (self.folder / "ada.pub").read_text())
        signer = ("--signer", "signers", "--identity", "ada@x")
        page = self.verified("mine.bundle", *signer)
        self.assertEqual((page["verified"], page["bundle"]["signature"]), (False, "none"))
        done = self.bantam("export", "bundle", "--output-path", "mine.bundle", "--sign-key", "ada")
        self.assert_ok(done)
        self.assertEqual(done.stdout, "mine.bundle\nmine.bundle.sig\n")
        page = self.verified("mine.bundle", *signer)
        self.assertEqual((page["verified"], page["bundle"]["signature"]), (True, "signer"))
        self.assertEqual(self.verified("mine.bundle")["bundle"]["signature"], "unknown_signer")
        refused = self.bantam("export", "bundle", "--output-path", "mine.bundle", "--sign-key", "eve")
        self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assert_ok(self.bantam("export", "bundle", "--output-path", "mine.bundle", "--sign-key", "eve", "--overwrite"))
        page = self.verified("mine.bundle", *signer)
        self.assertEqual((page["verified"], page["bundle"]["signature"]), (False, "other_signer"))
        done = self.bantam("import", "bundle", "mine.bundle", "--store", "copy.db", *signer)
        self.assertEqual(done.returncode, 8, done.stderr)
        self.assertFalse((self.folder / "copy.db").exists())
        # Other content takes the signature of the old one away.
        done = self.bantam("export", "bundle", "--output-path", "mine.bundle", "--items", "hashes", "--overwrite")
        self.assertIn("mine.bundle.sig was of the content before, and is gone", done.stderr)
        self.assertEqual(self.verified("mine.bundle")["bundle"]["signature"], "none")


if __name__ == "__main__":
    unittest.main()
