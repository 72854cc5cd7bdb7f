/* The pages' parts, as they lie in report/page/, each ended by a NUL. */
    .section .rodata
    .macro part name, file
    .global \name
\name:
    .incbin "\file"
    .byte 0
    .endm

    part page_class_html, "harness/report/page/class.html"
    part page_feedback_html, "harness/report/page/feedback.html"
    part page_css, "harness/report/page/page.css"
    part page_js, "harness/report/page/class.js"

    .section .note.GNU-stack, "", %progbits
