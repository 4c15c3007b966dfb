"use strict";
// Every word that the page itself shows, in one table: another language is another table. What comes from the model (names, remarks,
// reasons) is the program's own wording.
const STRINGS = {
  negative: "−", equivocal: "±", focal: "focal", positive: "+", diffuse: "diffuse", not_interpretable: "n.i.", not_done: "n.d.", present: "present", absent: "absent",
  spoken: { not_done: "not done", negative: "negative", equivocal: "equivocal", focal: "focal or weak", positive: "positive, extent not told", diffuse: "diffuse", not_interpretable: "not interpretable" },
  groups: ["First panel", "More stains", "FISH, sequencing and mutations", "H&E features"],
  loading: "Loading …", nothing: "Nothing entered yet", nothingNote: "The table shows the prior.", working: "Intervals and reasons are being worked out …",
  found: (n, prior) => `${n} finding${n === 1 ? "" : "s"} counted; prior: ${prior}.`,
  diagnosis: "Diagnosis", probability: "Probability", interval: "95 % interval", prior: "Prior", share: "First in", aside: "Set aside",
  others: (n) => `${n} others`, showAll: (n) => `Show all ${n}`, showFirst: (n) => `Show the first ${n}`,
  notRead: "Result not read", suggest: (s) => `use “${s}”`, ignored: "Understood, not used", clicked: (n) => `${n} finding${n === 1 ? "" : "s"} clicked, which count in place of the text.`,
  contradiction: "Told both ways, left out", remark: "Remark",
  why: "Why", against: "against", rest: "the rest", finding: "Finding", weight: "Weight", balance: "against | for", counts: "Published counts and sources", total: (w) => `Weights of evidence, log10 likelihood ratios, together ${w}`, joint: (n, w) => `with ${n}: ${w}`,
  fit: "Fit", recheck: "Worth repeating", remarks: "Remarks", drivers: "Kinase fusion", tissue: "Compromised tissue",
  next: "Next tests to consider", bits: (b) => `${b} bit`, best: "Best panels of tests together", tests: "Tests", expected: "Information", firstThen: "Expected first",
  whatIf: "What if one finding were otherwise", then: "First then", itsP: "Its probability", changes: "changes the first place", removed: "not done",
  copied: "Copied.", cleared: "Cleared.", undone: "Undone.", saved: "Saved as a file.", opened: "Opened.", badFile: "This file holds no case of imtdx.", setAside: "Set aside; enter the other case.",
  kept: "Kept in this tab until it is closed; nothing is stored on this computer.", notKept: "Nothing is kept: this browser holds no session for files.",
  slow: "Your browser allows no background work, so the page pauses while it reckons.",
  fixedBad: "A probability above 0 and below 100 %.", ageBad: "Age in years, or with mo or weeks: 5, 14 mo, 3 weeks.",
  sheet: { title: "Spindle-cell differential", accession: "Accession no.", date: "Date", panel: "Panel as read", case: "Case", unread: "Not read" },
};
