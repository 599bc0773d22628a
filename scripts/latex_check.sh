#!/usr/bin/env bash
# Compiles results_table.tex with pdflatex: of SLiM-Eval's published results, and of a store whose names are LaTeX. Fails on an error
# and on a table that is wider than the page.
# usage: scripts/latex_check.sh [DIR]      DIR: where the PDFs go [build/latex]     Exit status 77: skipped, with the reason.
set -euo pipefail
cd "$(dirname "$0")/.."

skip() { echo "skipped: $1"; exit 77; }
command -v pdflatex >/dev/null ||
  skip "pdflatex is not installed (apt-get install --no-install-recommends texlive-latex-base texlive-latex-recommended)"
shared=../shared/data/slim_eval/outputs
[ -d "$shared" ] || skip "$shared is not there"
binary=$(realpath "${BANTAM_BINARY:-build/release/bantam}")
out=${1:-build/latex}
mkdir -p "$out"
out=$(realpath "$out")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$binary" import slim-eval "$shared" --store "$work/published.db" >/dev/null 2>&1
python3 - "$work/odd.db" tests/golden/files/measured.sql <<'PYTHON'
import contextlib, json, sqlite3, sys
with contextlib.closing(sqlite3.connect(sys.argv[1])) as store:
    store.executescript(open(sys.argv[2], encoding="utf-8").read())
    for cell, attempt, text in store.execute("select cell, attempt, record from attempts").fetchall():
        record = json.loads(text)
        record["model"] = '\\input{/etc/passwd} #1 $x^2$ & 50 % _~ "a" <b> | `c` \u4e2d \u00e9 \u00b5'
        store.execute("update attempts set record = ? where cell = ? and attempt = ?", (json.dumps(record), cell, attempt))
        store.execute("update cells set model = ? where id = ?", (record["model"], cell))
    store.commit()
PYTHON

failed=0
for name in published odd; do
  "$binary" analyze --store "$work/$name.db" --output-dir "$work/$name" >/dev/null 2>&1
  cp "$work/$name/results_table.tex" "$work/$name.table.tex"
  cat > "$work/$name.tex" <<LATEX
\\documentclass{article}
\\usepackage{booktabs}
\\begin{document}
\\input{$name.table}
\\end{document}
LATEX
  if ! (cd "$work" && pdflatex -interaction=nonstopmode -halt-on-error "$name.tex" >/dev/null 2>&1); then
    echo "$name: pdflatex fails:"
    grep -A3 '^!' "$work/$name.log" || tail -n 5 "$work/$name.log"
    failed=1
    continue
  fi
  cp "$work/$name.pdf" "$out/"
  pages=$(sed -n 's/.*(\([0-9]* page[s]*\),.*/\1/p' "$work/$name.log" | tail -n 1)
  wide=$(grep -c '^Overfull \\hbox' "$work/$name.log" || true)
  high=$(grep -c '^LaTeX Warning: Float too large' "$work/$name.log" || true)
  echo "$name: $pages, $wide lines wider than the page, $high tables higher than the page; $out/$name.pdf"
  [ "$wide" -eq 0 ] && [ "$high" -eq 0 ] || failed=1
done
exit $failed
