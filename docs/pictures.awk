# Puts the SVG pictures of Doxygen's \dot and \msc into the page that shows them. -v folder= is where they lie.
# Fixed sizes go; ids get the picture's name in front, since a page may have several pictures.

# Doxygen leads to a page's own label, "lesson-01.html#lesson-01", where Markdown pages have no anchor.
function without_label(line, link, parts) {
    if (!match(line, /xlink:href="[^"]*"/)) return line
    link = substr(line, RSTART + 12, RLENGTH - 13)
    split(link, parts, "#")
    if (parts[1] != parts[2] ".html") return line
    return substr(line, 1, RSTART + 11) parts[1] substr(line, RSTART + RLENGTH - 1)
}

function picture(file, kind, path, line, on, prefix, width) {
    path = folder "/" file
    prefix = file
    sub(/\.svg$/, "", prefix)
    while ((getline line < path) > 0) {
        if (line ~ /^<svg/) on = 1
        if (!on) continue
        if (line ~ /<!--.*-->/ ) gsub(/<!--[^>]*-->/, "", line)
        if (line ~ /width="[0-9.]+(pt|px)"/) {
            match(line, /width="[0-9.]+(pt|px)"/)
            width = substr(line, RSTART + 7, RLENGTH - 8)
            sub(/width="[0-9.]+(pt|px)" +height="[0-9.]+(pt|px)"/, "class=\"" kind "\" role=\"img\" style=\"width:" width "\"", line)
        }
        gsub(/ id="/, "&" prefix "-", line)
        gsub(/ xlink:title="[^"]*"/, "", line)
        if (line ~ /^<title>/) continue
        print without_label(line)
    }
    close(path)
}

/<iframe scrolling="no"/ {
    match($0, /src="[^"]*\.svg"/)
    file = substr($0, RSTART + 5, RLENGTH - 6)
    print substr($0, 1, index($0, "<iframe") - 1)
    picture(file, "dot")
    print substr($0, index($0, "</iframe>") + 9)
    next
}

/<img src="msc_[^"]*\.svg"/ {
    match($0, /src="[^"]*\.svg"/)
    file = substr($0, RSTART + 5, RLENGTH - 6)
    print substr($0, 1, index($0, "<img src=\"msc_") - 1)
    picture(file, "msc")
    rest = substr($0, index($0, "<img src=\"msc_"))
    print substr(rest, index(rest, ">") + 1)
    next
}

{ print }
