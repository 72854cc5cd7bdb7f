# Draws the path (lines "7 fork server", and "Servers" before a part) for dot: three lessons a row, each row beginning below the end of the one before it.
# -v have=" 01 07 " names the lessons that have a chapter.
#
# Every row has a node in each of the three columns, unseen ones too, and every two neighbours an edge, so that rows
# and columns stay straight. The name of a part has a row of its own; the path crosses it through an unseen node.

function node(row, column) { return "r" row "c" column }

# The path goes on to (row, column): remembers the step by its left or upper end.
function step(to_row, to_column) {
    if (last_row == 0) { }
    else if (to_row > last_row) down[last_row, to_column] = kind[to_row, to_column] == "lesson" ? "dir=forward" : "arrowhead=none"
    else if (to_column > column) right[to_row, column] = "dir=forward"
    else right[to_row, to_column] = "dir=back"
    last_row = to_row
    column = to_column
}

BEGIN { column = 1; direction = 1 }

/^[^0-9]/ {
    part++
    row++
    kind[row, 1] = "name"
    words[row, 1] = $0
    if (last_row > 0) {
        if (column > 1) kind[row, column] = "way"
        step(row, column)
    }
    row++
    next
}

{
    to = column
    if (row != last_row) { if (column == 3) direction = -1; else if (column == 1) direction = 1 }
    else if (column + direction < 1 || column + direction > 3) { row++; direction = -direction }
    else to += direction
    number = $1
    label = $0
    sub(/^[0-9]+ /, "", label)
    kind[row, to] = "lesson"
    words[row, to] = number "\\n" label
    id[row, to] = sprintf("%02d", number)
    of[row, to] = part
    step(row, to)
}

END {
    print "digraph {"
    print "  graph [rankdir=TB, nodesep=0.2, ranksep=0.22, pad=0.05]"
    print "  node [shape=box, style=rounded, width=1.28, height=0.5, margin=0.02, fontname=Helvetica, fontsize=10.5]"
    print "  edge [arrowsize=0.6]"
    for (r = 1; r <= row; r++) {
        print "  { rank=same"
        for (c = 1; c <= 3; c++) {
            if (kind[r, c] == "lesson") {
                there = index(have, " " id[r, c] " ")
                look = sprintf("label=\"%s\", class=\"lesson part%d%s\"%s", words[r, c], of[r, c], there ? "" : " later",
                               there ? ", URL=\"\\ref lesson-" id[r, c] "\"" : "")
            } else if (kind[r, c] == "name")
                look = "label=\"" words[r, c] "\\l\", shape=plaintext, height=0.2, class=\"part\""
            else if (kind[r, c] == "way")
                look = "shape=point, width=0.01, label=\"\""
            else
                look = "style=invis, label=\"\", height=0.001, fixedsize=true"
            printf "    %s [%s]\n", node(r, c), look
        }
        for (c = 1; c < 3; c++)
            printf "    %s -> %s [%s]\n", node(r, c), node(r, c + 1), right[r, c] == "" ? "style=invis" : right[r, c]
        print "  }"
        for (c = 1; r < row && c <= 3; c++)
            printf "  %s -> %s [weight=100, %s]\n", node(r, c), node(r + 1, c), down[r, c] == "" ? "style=invis" : down[r, c]
    }
    print "}"
}
