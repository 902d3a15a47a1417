"""The register of rules: an id, one sentence and a source for everything emrcore enforces.

Code that enforces a rule names its constant; a test's docstring begins with its id; a test fails
when a rule here has no test or no source.

Sources: *announcement N* is sentence N of the announcement of 14 January 2020 as numbered in
``docs/reference/announcement.md``; *choice* marks what the announcement leaves open and emrcore
settles, with the reason on the same page.
"""

import attrs


@attrs.frozen(kw_only=True)
class Rule:
    """One rule: a stable ``id``, the sentence it ``says``, and the ``source`` it comes from."""

    id: str
    says: str
    source: str


# -- people --------------------------------------------------------------------------------------

PPL_1 = Rule(
    id="PPL-1",
    says="An age is reached at 00:00 local of the birthday or of the day after it, "
    "as the rulebook says.",
    source="Supreme Court of Russia, Plenum ruling of 1 February 2011 No 1 (the day after); "
    "choice (the birthday, for rulebooks that read it so)",
)
PPL_2 = Rule(
    id="PPL-2",
    says="In a common year the birthday of a person born on 29 February is 28 February "
    "or 1 March, as the rulebook says.",
    source="Civil Code of Russia, art. 192(3), by analogy (28 February); choice (1 March)",
)
PPL_3 = Rule(
    id="PPL-3",
    says="An age is counted in completed years from the birth, which is age 0; "
    "nobody has one before.",
    source="choice: a band that begins at 0 holds the newborn",
)
PPL_4 = Rule(
    id="PPL-4",
    says="A day is a date without a time of day; a moment in its place is refused.",
    source="choice: which day a moment falls on depends on the time zone",
)
PPL_5 = Rule(
    id="PPL-5",
    says="A fact holds from its first day up to, and not on, the day it ends, "
    "which is later than the first.",
    source="choice: half-open intervals leave no gap and no overlap",
)
PPL_6 = Rule(
    id="PPL-6",
    says="Nobody dies before being born.",
    source="choice: such a record is a mistake",
)
PPL_7 = Rule(
    id="PPL-7",
    says="Nobody is their own guardian.",
    source="choice: a tie to oneself would open a card on a guardian's terms",
)
PPL_8 = Rule(
    id="PPL-8",
    says="Names that differ only in letter case, ё and е, spaces and hyphens are the same.",
    source="choice: registers differ in them",
)
PPL_9 = Rule(
    id="PPL-9",
    says="A name has a family part and a given part, neither of them blank.",
    source="choice: a blank would match a blank",
)
PPL_10 = Rule(
    id="PPL-10",
    says="No value shows a personal datum in its repr, and no error quotes one.",
    source="choice: whatever can be printed ends in a log",
)
PPL_11 = Rule(
    id="PPL-11",
    says="What is said last about the same persons, from the same first day on, "
    "is what holds; saying it again changes nothing.",
    source="choice: registers correct and repeat themselves",
)

ID_1 = Rule(
    id="ID-1",
    says="What is typed is text of at most 64 characters without NUL and surrogates; "
    "anything else is refused unread.",
    source="choice: no paper needs more, and no store takes the two",
)
ID_2 = Rule(
    id="ID-2",
    says="A policy is an old form with series and number, a temporary certificate of 9 digits, "
    "or a unified number of 16; the last two have no series.",
    source="announcement: 20; federal code list 1.2.643.5.1.13.13.99.2.245",
)
ID_3 = Rule(
    id="ID-3",
    says="The last digit of a unified policy number is the Luhn check digit of the others.",
    source="choice: tried on 200 000 random numbers, each of which had the Luhn digit",
)
ID_4 = Rule(
    id="ID-4",
    says="A unified policy number holds a birth date that exists and a month marked for its era: "
    "by 20 up to 1950, by 40 up to 2000, unmarked since.",
    source="choice: the layout the known samples follow; no published text of it was found",
)
ID_5 = Rule(
    id="ID-5",
    says="The birth date and the sex in a unified policy number are the applicant's.",
    source="announcement: 24; choice: the data are checked before access",
)
ID_6 = Rule(
    id="ID-6",
    says="A SNILS is nine digits and two more that check them, the check being done "
    "above 001-001-998.",
    source="Pension Fund of Russia, algorithm of the control number, "
    "consultant.ru LAW_124607, section 8",
)
ID_7 = Rule(
    id="ID-7",
    says="The SNILS 000-000-000 is nobody's.",
    source="choice: it lies below the checked numbers and is what test forms are filled with",
)
ID_8 = Rule(
    id="ID-8",
    says="A passport has a series of four digits and a number of six, 101 or more.",
    source="tax service template 99 99 999999, docs.cntd.ru 901836064, 5.4; "
    "choice (the lowest number)",
)
ID_9 = Rule(
    id="ID-9",
    says="The last two digits of a passport's series are the year its blank was made: "
    "1997 at the earliest, next year at the latest.",
    source="Government of Russia, decree of 8 July 1997 No 828, numbering of the blanks; "
    "choice (next year)",
)
ID_10 = Rule(
    id="ID-10",
    says="The first two digits of a passport's series are a region: 00 is refused, "
    "a code outside OKATO is warned about.",
    source="Government of Russia, decree of 8 July 1997 No 828; OKATO, OK 019-95; "
    "choice (a warning: some regions were given extra codes)",
)
ID_11 = Rule(
    id="ID-11",
    says="A birth certificate has a Roman number in canonical form, two Cyrillic letters "
    "and six digits.",
    source="choice: the printed form, II-МЮ 654321",
)
ID_12 = Rule(
    id="ID-12",
    says="A Roman number typed on a Russian keyboard (1, У, Х, Л, С) is read as meant, "
    "and so is a missing hyphen.",
    source="choice: that keyboard has no Roman figures",
)
ID_13 = Rule(
    id="ID-13",
    says="A mobile number is +7, a 9 and nine digits; a leading 8, 7 or nothing is read as +7.",
    source="announcement: 20; Russian numbering plan, order of 17 November 2006 No 142, "
    "since 2022 order of 31 January 2022 No 75; choice (what is read as +7)",
)
ID_14 = Rule(
    id="ID-14",
    says="Every fault of every paper is reported at once.",
    source="choice: a form is mended in one go",
)

# -- calendar ------------------------------------------------------------------------------------

CAL_1 = Rule(
    id="CAL-1",
    says="Monday to Friday work, Saturday and Sunday do not, unless an act says otherwise of the "
    "day; every day names what made it so.",
    source="Labour Code of Russia, art. 111 and 112",
)
CAL_2 = Rule(
    id="CAL-2",
    says="A working calendar answers for the days that are decreed and refuses any other.",
    source="choice: a guess would become somebody's deadline",
)
CAL_3 = Rule(
    id="CAL-3",
    says="Days declared non-working by the President are off in `federal` and `moscow`, by the "
    "Mayor in `moscow` only, in `standard` they work; a recommendation takes no day off.",
    source="choice: nothing says how they count for public services, so the rulebook does",
)
CAL_4 = Rule(
    id="CAL-4",
    says="The eve of a holiday is short: it counts in full, and only its closing hour moves.",
    source="Labour Code of Russia, art. 95",
)
CAL_5 = Rule(
    id="CAL-5",
    says="Counting A: day 0 is the local date of filing whatever the hour, counting begins with "
    "the next working day, and the term ends at 24:00 local of the last one.",
    source="announcement: 8; Civil Code of Russia, art. 191, 193 and 194",
)
CAL_6 = Rule(
    id="CAL-6",
    says="Counting B: what is filed on a day off, or at closing time or later, is received on the "
    "next working day, which is day 0.",
    source="choice: services that register in office hours count from the registration",
)
CAL_7 = Rule(
    id="CAL-7",
    says="A moment carries its offset, and its day is the date in the zone of the authority.",
    source="choice: at 21:00 UTC it is already tomorrow in Moscow",
)
CAL_8 = Rule(
    id="CAL-8",
    says="The working days up to and with the day of a suspension are used up, counting resumes on "
    "the first working day after the missing data arrive, and until then nothing is due.",
    source="choice: neither side loses the day on which it acted",
)
CAL_9 = Rule(
    id="CAL-9",
    says="A deadline shows each day counted or skipped and why, names the calendar that counted, "
    "and can show the due day of the standard one beside it.",
    source="choice: whoever waits can check the count",
)
CAL_10 = Rule(
    id="CAL-10",
    says="A due day once given stands; a transfer published later only shows what it would change.",
    source="choice: the applicant was told a date",
)
CAL_11 = Rule(
    id="CAL-11",
    says="The service centres of Moscow are open daily from 8 to 20, the flagships from 10 to 22.",
    source="announcement: 29",
)
CAL_12 = Rule(
    id="CAL-12",
    says="Open is not working: a centre open on a Sunday does not make it a working day.",
    source="choice: announcement 29 speaks of doors, sentence 8 of working days",
)

CAL_13 = Rule(
    id="CAL-13",
    says="A term in calendar days counts every day after day 0, days off included.",
    source="Civil Code of Russia, art. 191 and 193 (only the last day may move)",
)
CAL_14 = Rule(
    id="CAL-14",
    says="A term in months ends on the day of its last month that corresponds to day 0, "
    "on the last of that month where there is none.",
    source="Civil Code of Russia, art. 192(3); Regulation (EEC, Euratom) No 1182/71, art. 3(2)(c)",
)
CAL_15 = Rule(
    id="CAL-15",
    says="A term that ends on a day off is due on the next working day, "
    "where the rulebook says so.",
    source="Civil Code of Russia, art. 193; Regulation (EEC, Euratom) No 1182/71, art. 3(4)",
)
CAL_16 = Rule(
    id="CAL-16",
    says="A suspension prolongs a term in calendar days or months by the days the clock stood.",
    source="choice: as with working days, neither side loses the day on which it acted",
)
CAL_17 = Rule(
    id="CAL-17",
    says="A national calendar holds the public holidays of whole years, each under its name; "
    "a year is refused whose holidays are unknown, estimated, or not yet decreed.",
    source="choice: an error, never a guess",
)
CAL_18 = Rule(
    id="CAL-18",
    says="A working calendar is asked for by its name, and an unknown name is refused.",
    source="choice: a rulebook is data",
)

# -- rulebook ------------------------------------------------------------------------------------

RB_1 = Rule(
    id="RB-1",
    says="A rulebook with an unknown, missing or mistyped key is refused whole.",
    source="choice: empty configuration",
)
RB_2 = Rule(
    id="RB-2",
    says="Every value of a rulebook names the source that says so.",
    source="choice: provenance",
)
RB_3 = Rule(
    id="RB-3",
    says="A rulebook that leaves a gap, an overlap or a contradiction is refused when loaded.",
    source="choice: empty configuration",
)
RB_4 = Rule(
    id="RB-4",
    says="A later edition changes nothing about the days before it.",
    source="choice: 5",
)

# -- access --------------------------------------------------------------------------------------

ACC_1 = Rule(
    id="ACC-1",
    says="Patients and guardians see nothing before the day the record opens to them.",
    source="announcement: 1",
)
ACC_2 = Rule(
    id="ACC-2",
    says="The own card is for the patient in person.",
    source="announcement: 7",
)
ACC_3 = Rule(
    id="ACC-3",
    says="The own card opens at the age of the own right.",
    source="announcement: 19",
)
ACC_4 = Rule(
    id="ACC-4",
    says="A child's card is open to its parents until the child reaches the age of the own right.",
    source="announcement: 7",
)
ACC_5 = Rule(
    id="ACC-5",
    says="Only a confirmed family tie opens a child's card.",
    source="announcement: 22",
)
ACC_6 = Rule(
    id="ACC-6",
    says="A restriction by an authority bars those it names for as long as it holds.",
    source="choice: restrictions",
)
ACC_7 = Rule(
    id="ACC-7",
    says="The patient's and the guardians' access ends with the patient's death.",
    source="choice: death",
)
ACC_8 = Rule(
    id="ACC-8",
    says="A card is open to patients and guardians only after a granted application.",
    source="announcement: 7",
)
ACC_9 = Rule(
    id="ACC-9",
    says="A section that is announced and not yet open shows nothing.",
    source="announcement: 15",
)
ACC_10 = Rule(
    id="ACC-10",
    says="A section shows documents from its first day on, by the date the section names.",
    source="announcement: 2",
)
ACC_11 = Rule(
    id="ACC-11",
    says="What the rulebook does not know (a section, a kind, a label, a missing date) is hidden.",
    source="choice: 4",
)
ACC_12 = Rule(
    id="ACC-12",
    says="A section is shown only to the kinds of viewers it is meant for.",
    source="announcement: 13",
)
ACC_13 = Rule(
    id="ACC-13",
    says="A document is shown from the moment it is published.",
    source="announcement: 12",
)
ACC_14 = Rule(
    id="ACC-14",
    says="Every answer says until when it holds, and is decided anew after that.",
    source="choice: 7",
)
ACC_15 = Rule(
    id="ACC-15",
    says="Doctors and ambulance crews see the history without the patients' start dates.",
    source="announcement: 12",
)

ACC_16 = Rule(
    id="ACC-16",
    says="What a label withholds is withheld in silence or with a notice, as the rulebook says.",
    source="choice: labels",
)
ACC_17 = Rule(
    id="ACC-17",
    says="Beside the age a band may ask for custody, a shared address, assent, or another fact.",
    source="choice: bands",
)
ACC_18 = Rule(
    id="ACC-18",
    says="Full legal capacity ends guardianship before the age does, and its loss prolongs it.",
    source="Federal Law 271-FZ of 31 July 2020; choice: bands",
)
ACC_19 = Rule(
    id="ACC-19",
    says="A result is released after the delay of its kind, or when a clinician has seen it.",
    source="choice: release",
)
ACC_20 = Rule(
    id="ACC-20",
    says="Nobody of this kind sees the card.",
    source="choice: bands",
)
ACC_21 = Rule(
    id="ACC-21",
    says="What is dated in a time of opting out is never shown.",
    source="choice: bands",
)
ACC_22 = Rule(
    id="ACC-22",
    says="Of several reasons the one that came furthest is told, and of equals that of the first "
    "rule and the lowest constant, in whatever order the rulebook names its bands.",
    source="choice: bands",
)

# -- records -------------------------------------------------------------------------------------

REC_1 = Rule(
    id="REC-1",
    says="Counts and pages are made of visible documents only.",
    source="choice: totals",
)
REC_2 = Rule(
    id="REC-2",
    says="A page's cursor serves the viewer, the card and the edition it was made for, only.",
    source="choice: cursors",
)
REC_3 = Rule(
    id="REC-3",
    says="A document is named by its source and the source's own id, and what was delivered is "
    "added once.",
    source="announcement: 9",
)
REC_4 = Rule(
    id="REC-4",
    says="Of a document only the current version is shown; a superseded or retracted one is in no "
    "page, no count and no other answer, whoever asks.",
    source="choice: corrections",
)
REC_5 = Rule(
    id="REC-5",
    says="A correction supersedes and never overwrites, and one that is older by the source's own "
    "number supersedes nothing.",
    source="choice: corrections",
)
REC_6 = Rule(
    id="REC-6",
    says="What is retracted stays so through every later delivery, until somebody reinstates it.",
    source="choice: corrections",
)
REC_7 = Rule(
    id="REC-7",
    says="Who was shown a document before it was taken back can be told from the journal, and "
    "telling it is entered there.",
    source="choice: corrections",
)
REC_8 = Rule(
    id="REC-8",
    says="A corrected document keeps its place in lists, so that no page shows it twice or not at "
    "all.",
    source="choice: corrections",
)
REC_9 = Rule(
    id="REC-9",
    says="What is already retracted is retracted for no other reason, so that the first one stays.",
    source="choice: corrections",
)
REC_10 = Rule(
    id="REC-10",
    says="A document is taken back, put back and examined only where it is: a wrong name is told.",
    source="choice: corrections",
)

# -- sections over time --------------------------------------------------------------------------

SCT_1 = Rule(
    id="SCT-1",
    says="A section that was closed again shows nothing from its last day on.",
    source="choice: 15",
)
SCT_2 = Rule(
    id="SCT-2",
    says="A later edition opens an announced section; since when it is seen and how far back it "
    "goes are two values.",
    source="announcement: 15; choice: 15",
)
SCT_3 = Rule(
    id="SCT-3",
    says="Each section says how much of what happened is recorded, by whom that is stated, and "
    "nothing where nobody states it.",
    source="announcement: 11; choice: 11",
)
SCT_4 = Rule(
    id="SCT-4",
    says="A statement of coverage depends on nothing that its reader may not see.",
    source="choice: totals; choice: 11",
)
SCT_5 = Rule(
    id="SCT-5",
    says="Coverage of one card is stated by a source, for its own documents only.",
    source="announcement: 9; choice: 11",
)

SCT_6 = Rule(
    id="SCT-6",
    says="A typed body is read whole, or refused with every fault, unknown fields by their names.",
    source="announcement: 15; choice: 9",
)
SCT_7 = Rule(
    id="SCT-7",
    says="A vaccination is given, due, overdue or to come by a schedule whose doses name a source.",
    source="announcement: 15; choice: provenance",
)
SCT_8 = Rule(
    id="SCT-8",
    says="Costs are exact, and added by payer, and never across currencies.",
    source="announcement: 15",
)
SCT_9 = Rule(
    id="SCT-9",
    says="A prescription is issued, dispensed in part or whole, expired or cancelled on each day.",
    source="announcement: 15",
)

# -- discharge summaries -------------------------------------------------------------------------

DIS_1 = Rule(
    id="DIS-1",
    says="A discharge summary keeps every part it has, and is never dropped for one it lacks.",
    source="announcement: 6; choice: 9",
)
DIS_2 = Rule(
    id="DIS-2",
    says="Whatever software wrote it, a discharge summary is shown in one form.",
    source="announcement: 9",
)
DIS_3 = Rule(
    id="DIS-3",
    says="A discharge summary names its source, the format, and the hash of the bytes it was read "
    "from.",
    source="announcement: 9; choice: provenance",
)
DIS_4 = Rule(
    id="DIS-4",
    says="What is wrong with a discharge summary is told at once, each fault with its path.",
    source="announcement: 9",
)

# -- applications --------------------------------------------------------------------------------

APP_1 = Rule(
    id="APP-1",
    says="Applications are taken from the day the rulebook opens them.",
    source="announcement: 7",
)
APP_2 = Rule(
    id="APP-2",
    says="Only an account of a level the rulebook names may apply.",
    source="announcement: 18",
)
APP_3 = Rule(
    id="APP-3",
    says="One application asks for one or more cards, each once, and each is decided separately.",
    source="announcement: 7",
)
APP_4 = Rule(
    id="APP-4",
    says="An application is answered within the working days of the rulebook, and shows the count.",
    source="announcement: 8",
)
APP_5 = Rule(
    id="APP-5",
    says="A card that does not exist yet is no error: that subject is rejected, with the reason.",
    source="announcement: 17",
)
APP_6 = Rule(
    id="APP-6",
    says="Access is granted only when every check of the rulebook has passed.",
    source="announcement: 24",
)
APP_7 = Rule(
    id="APP-7",
    says="Nobody checks or decides an application of their own.",
    source="choice: 7",
)
APP_8 = Rule(
    id="APP-8",
    says="An unconfirmed tie leaves that card open and stops its clock, until the tie is "
    "confirmed.",
    source="announcement: 22",
)
APP_9 = Rule(
    id="APP-9",
    says="The right is judged again at the decision: a child may have turned 15 since.",
    source="choice: 7",
)
APP_10 = Rule(
    id="APP-10",
    says="What has been decided is not decided again.",
    source="choice: 7",
)
APP_11 = Rule(
    id="APP-11",
    says="Passport, policy and mobile number are checked together, every fault told at once.",
    source="announcement: 20",
)

APP_12 = Rule(
    id="APP-12",
    says="No more people are let into a card than the rulebook allows at once.",
    source="choice: bands",
)
APP_13 = Rule(
    id="APP-13",
    says="The applicant alone answers, corrects and withdraws an application.",
    source="choice: 7",
)
APP_14 = Rule(
    id="APP-14",
    says="While the applicant is asked, the clock stands and nothing is decided.",
    source="choice: 8",
)
APP_15 = Rule(
    id="APP-15",
    says="Questions come from a closed list; unanswered for the rulebook's days, they end the "
    "application.",
    source="choice: clarification",
)
APP_16 = Rule(
    id="APP-16",
    says="A later application for a card replaces the one that is still open.",
    source="choice: clarification",
)
APP_17 = Rule(
    id="APP-17",
    says="A missed deadline is noted once for each card, and approves nothing.",
    source="choice: 8",
)
APP_18 = Rule(
    id="APP-18",
    says="Staff who type an application are named in it with the applicant's consent, and do not "
    "decide it.",
    source="announcement: 26; choice: 26",
)
APP_19 = Rule(
    id="APP-19",
    says="Codes go to the applicant's own phone, never to that of the staff who help.",
    source="choice: 26",
)
APP_20 = Rule(
    id="APP-20",
    says="A card is rejected for a reason of the closed list.",
    source="choice: rejection",
)
APP_21 = Rule(
    id="APP-21",
    says="A photo is a JPEG or PNG picture by its content, of a bounded size, and is kept without "
    "anything but the picture.",
    source="OWASP ASVS 5.0 V5.2.1, V5.2.2, V5.2.6, V14.2.8",
)
APP_22 = Rule(
    id="APP-22",
    says="Evidence is kept sealed, for a stated purpose, and deleted once its application is "
    "decided, or after the days of the rulebook.",
    source="choice: evidence",
)

# -- sessions ------------------------------------------------------------------------------------

SES_1 = Rule(
    id="SES-1",
    says="The first password goes out once access is granted, serves one first login and expires.",
    source="announcement: 24",
)
SES_2 = Rule(
    id="SES-2",
    says="Every later login needs a new one-time code.",
    source="announcement: 25",
)
SES_3 = Rule(
    id="SES-3",
    says="The code was not accepted.",
    source="NIST SP 800-63B 5.1.3.2; RTS 2018/389 article 4(3)(a)",
)
SES_4 = Rule(
    id="SES-4",
    says="A new code makes the earlier ones invalid and resets no failure count.",
    source="NIST SP 800-63B-4 3.1.3.2",
)
SES_5 = Rule(
    id="SES-5",
    says="Consecutive failures lock the account for a growing time, and in the end until proofing.",
    source="RTS 2018/389 article 4(3)(b); NIST SP 800-63B 5.2.2",
)
SES_6 = Rule(
    id="SES-6",
    says="A code is never stored, hashed or queued: it is derived when sent and when checked.",
    source="OWASP ASVS 4.0.3 V2.7.5",
)
SES_7 = Rule(
    id="SES-7",
    says="A code serves the host session, the purpose and the account it was made for, only.",
    source="OWASP ASVS 4.0.3 V2.7.3",
)
SES_8 = Rule(
    id="SES-8",
    says="A session ends after idling and in any case at its absolute end, judged by stored times.",
    source="NIST SP 800-63B 4.2.3",
)
SES_9 = Rule(
    id="SES-9",
    says="Of a session's secret only the digest is stored; the secret is told once.",
    source="OWASP ASVS 5.0 V7.2.3",
)
SES_10 = Rule(
    id="SES-10",
    says="Codes are sent with a pause between them and at most so many a day.",
    source="NIST SP 800-63B 5.2.2; choice: 25",
)
SES_11 = Rule(
    id="SES-11",
    says="Anything but the expected number of ASCII digits is refused unread and not counted.",
    source="OWASP ASVS 5.0 V2.2.1",
)
SES_12 = Rule(
    id="SES-12",
    says="A message names no diagnosis and no person, and is not sent once its code has expired.",
    source="RTS 2018/389 article 5(1)(a)",
)

SES_13 = Rule(
    id="SES-13",
    says="No more sessions are open at once than the rulebook allows.",
    source="OWASP ASVS 5.0 V7.1.2; choice: 21",
)
SES_14 = Rule(
    id="SES-14",
    says="What is sensitive needs a second factor that was proven a short while ago.",
    source="OWASP ASVS 5.0 V7.5.1",
)
SES_15 = Rule(
    id="SES-15",
    says="A code that approves an action serves that action only, and its message names it.",
    source="RTS 2018/389 article 5(1)",
)
SES_16 = Rule(
    id="SES-16",
    says="A phone is bound only after the notice about the risks of SMS was acknowledged.",
    source="NIST SP 800-63B 5.2.10",
)
SES_17 = Rule(
    id="SES-17",
    says="Codes are taken by the means that are allowed, "
    "and sent to a phone that was proven and is not out of use.",
    source="OWASP ASVS 5.0 V6.6.1; NIST SP 800-63B 5.1.3.3",
)
SES_18 = Rule(
    id="SES-18",
    says="A change of phone is approved by the old factor, told to the old phone, ends every "
    "session, and lets nothing sensitive be approved for a time.",
    source="NIST SP 800-63B 6.1.2; OWASP ASVS 5.0 V6.3.7, V7.4.3",
)
SES_19 = Rule(
    id="SES-19",
    says="A phone that is lost, repudiated or whose SIM was changed is out of use at once.",
    source="NIST SP 800-63B 6.2, 5.1.3.3",
)
SES_20 = Rule(
    id="SES-20",
    says="Who has lost the factor is proven anew by two operators, as at the start.",
    source="OWASP ASVS 5.0 V6.4.4, V2.3.5",
)
SES_21 = Rule(
    id="SES-21",
    says="Of an authenticator's time steps each is accepted once, and none before it ever after.",
    source="RFC 6238 5.2",
)
SES_22 = Rule(
    id="SES-22",
    says="A recovery code is long, kept as a slow hash, used once and then replaced.",
    source="NIST SP 800-63B-4 4.2.1.1, 3.1.2.2",
)
SES_23 = Rule(
    id="SES-23",
    says="The person is told of the third and fifth failure, and before a lock for good.",
    source="RTS 2018/389 article 4(4); OWASP ASVS 5.0 V6.3.5",
)
SES_24 = Rule(
    id="SES-24",
    says="A person sees the own sessions and the login before, and ends any of them.",
    source="OWASP ASVS 5.0 V7.5.2, V6.3.5",
)
SES_25 = Rule(
    id="SES-25",
    says="Messages are limited by number, by client and in all, and stop when few codes are used.",
    source="OWASP ASVS 5.0 V2.4.1, V6.6.4",
)
SES_26 = Rule(
    id="SES-26",
    says="Nothing is accepted while the clock stands before what has happened already.",
    source="OWASP ASVS 5.0 V6.5.8",
)
SES_27 = Rule(
    id="SES-27",
    says="What a session rests on ends it: the host's session, the grant, the phone.",
    source="OWASP ASVS 5.0 V7.4.1 to V7.4.3",
)
SES_28 = Rule(
    id="SES-28",
    says="The answer to a login tells nobody whether the account is known, locked or sent a code.",
    source="RTS 2018/389 article 4(3)(a); OWASP ASVS 5.0 V6.3.8",
)
SES_29 = Rule(
    id="SES-29",
    says="An authenticator or recovery codes that are new approve nothing sensitive for a time.",
    source="NIST SP 800-63B-4 4.1.2.1; OWASP ASVS 5.0 V7.5.1",
)
SES_30 = Rule(
    id="SES-30",
    says="The same notice is told to an account no more often than codes may go to a phone.",
    source="OWASP ASVS 5.0 V2.4.1, V6.6.4",
)

# -- messages ------------------------------------------------------------------------------------

MSG_1 = Rule(
    id="MSG-1",
    says="A message goes out at most twice under one reference, and never twice at once; "
    "a try that surely sent nothing does not count.",
    source="choice: gateways do not deduplicate, and a first password outlives an outage",
)
MSG_2 = Rule(
    id="MSG-2",
    says="What is left of a code's life bounds the delivery of its message, so that none is late.",
    source="choice: a gateway that is down queues what it is given, and delivers it later",
)
MSG_3 = Rule(
    id="MSG-3",
    says="A delivery receipt counts only under a reference of ours, is never taken back, "
    "and opens or changes nothing else.",
    source="OWASP ASVS 5.0 V2.3.1",
)
MSG_4 = Rule(
    id="MSG-4",
    says="No text, code, phone or password of a provider stands in a URL, a log or a repr.",
    source="OWASP ASVS 5.0 V14.2.1, V16.2.5",
)
MSG_5 = Rule(
    id="MSG-5",
    says="Every text that is sent fits into two short messages.",
    source="3GPP TS 23.038 and 23.040; choice (two: each part can be lost, and costs)",
)

# -- journal and store ---------------------------------------------------------------------------

JRN_1 = Rule(
    id="JRN-1",
    says="Every step leaves an entry in the journal, in the same commit as what it changed.",
    source="OWASP ASVS 5.0 V16.3.2; HIPAA 45 CFR 164.312(b)",
)
JRN_2 = Rule(
    id="JRN-2",
    says="A card is shown only after the entry about showing it is committed.",
    source="OWASP ASVS 5.0 V16.3.2",
)
JRN_3 = Rule(
    id="JRN-3",
    says="An entry that is edited, removed, reordered or inserted breaks the chain at its place.",
    source="OWASP ASVS 5.0 V16.4.2",
)
JRN_4 = Rule(
    id="JRN-4",
    says="The journal carries references only: no code, secret, phone, paper or medical content.",
    source="OWASP ASVS 5.0 V16.2.5; ISO 27789",
)
JRN_5 = Rule(
    id="JRN-5",
    says="The patient sees who looked at the card, as what, when and why.",
    source="choice: journal",
)
JRN_6 = Rule(
    id="JRN-6",
    says="A checkpoint kept elsewhere shows a cut tail, a chain written anew and a rollback.",
    source="OWASP ASVS 5.0 V16.4.2; RFC 9162 2.1",
)
JRN_7 = Rule(
    id="JRN-7",
    says="A checkpoint is signed, covers all before it, and is never smaller or earlier.",
    source="OWASP ASVS 5.0 V16.4.3; C2SP tlog-checkpoint",
)
JRN_8 = Rule(
    id="JRN-8",
    says="A personal datum enters the journal only as a salted commitment.",
    source="OWASP ASVS 5.0 V14.2.7; choice: journal",
)
JRN_9 = Rule(
    id="JRN-9",
    says="Entries are kept six years at least; what is given up then leaves its signed hash.",
    source="45 CFR 164.316(b)(2)(i)",
)
JRN_10 = Rule(
    id="JRN-10",
    says="An entry about a look says for whom, to what purpose, on what basis, with what outcome.",
    source="OWASP ASVS 5.0 V16.2.1; FHIR R4 AuditEvent",
)
JRN_11 = Rule(
    id="JRN-11",
    says="Looks by programs are told apart from people's and gathered, so that they frighten none.",
    source="choice: journal",
)
STO_1 = Rule(
    id="STO-1",
    says="State, journal entry and outbox item are committed together or not at all.",
    source="OWASP ASVS 5.0 V2.3.3",
)
STO_2 = Rule(
    id="STO-2",
    says="A commit goes through only if every key read for it is as it was read.",
    source="OWASP ASVS 5.0 V15.4.2",
)
STO_3 = Rule(
    id="STO-3",
    says="Identity papers and phone numbers are stored encrypted and bound to their place.",
    source="OWASP ASVS 5.0 V11.3.2; 45 CFR 164.312(a)(2)(iv)",
)
STO_4 = Rule(
    id="STO-4",
    says="What is acknowledged survives the process: the road goes on where it stood.",
    source="announcement: 14",
)
STO_5 = Rule(
    id="STO-5",
    says="Erasing a person destroys the key of all their identity data; the journal stays whole.",
    source="OWASP ASVS 5.0 V14.2.7",
)
STO_6 = Rule(
    id="STO-6",
    says="What a master key made names it; no key is found by trial, and each use has its own.",
    source="OWASP ASVS 5.0 V11.2.2 and V11.1.2",
)
STO_7 = Rule(
    id="STO-7",
    says="Identity data is looked up by keyed indexes of its canonical form only.",
    source="OWASP ASVS 5.0 V14.1.2",
)
STO_8 = Rule(
    id="STO-8",
    says="A request that is repeated under its key is carried out once, and told its first "
    "outcome; no other request is carried out under that key.",
    source="IETF draft-ietf-httpapi-idempotency-key-header, The Idempotency-Key HTTP Header Field",
)
STO_9 = Rule(
    id="STO-9",
    says="A state or message that no commit has written is refused when it is read, and any such "
    "row is named when a store is verified.",
    source="NIST SP 800-53 SI-7(1); OWASP ASVS 5.0 V11.3.3",
)
STO_10 = Rule(
    id="STO-10",
    says="Where nothing can be written reading goes on, and writing does by itself once it can.",
    source="OWASP ASVS 5.0 V16.5.2",
)
EMG_1 = Rule(
    id="EMG-1",
    says="An ambulance crew states its reason before it reads, and the journal shows it.",
    source="announcement: 13; 45 CFR 164.312(a)(2)(ii)",
)
EMG_2 = Rule(
    id="EMG-2",
    says="Emergency reading is for the crew that stated the reason, and ends by itself.",
    source="announcement: 13; choice: 13",
)
EMG_3 = Rule(
    id="EMG-3",
    says="A crew names a cause of the list, its organisation and its shift.",
    source="choice: 13; OWASP ASVS 5.0 V16.2.1",
)
EMG_4 = Rule(
    id="EMG-4",
    says="The end of emergency reading has its entry, whether the crew or the time has made it.",
    source="FHIR R4 AuditEvent; choice: 13",
)
EMG_5 = Rule(
    id="EMG-5",
    says="The crew that read reports once; a report that is late is noted, and taken all the same.",
    source="choice: 13; 45 CFR 164.312(a)(2)(ii)",
)
EMG_6 = Rule(
    id="EMG-6",
    says="Every emergency reading is reviewed once, after the report or its deadline, "
    "and not by who read.",
    source="choice: 13; 45 CFR 164.308(a)(1)(ii)(D)",
)
EMG_7 = Rule(
    id="EMG-7",
    says="What is unusual about an emergency reading is put before an officer, and stops nobody.",
    source="choice: 13",
)
EMG_8 = Rule(
    id="EMG-8",
    says="A part of the summary has entries, or none are known, or nothing is known: "
    "silence is never the second.",
    source="HL7 International Patient Summary, absent and unknown data",
)
EMG_9 = Rule(
    id="EMG-9",
    says="An entry of the summary names its source and dates; "
    "what is refuted or superseded is not shown.",
    source="HL7 International Patient Summary; choice: 13",
)
EMG_10 = Rule(
    id="EMG-10",
    says="A source corrects and withdraws its own statements only, and never by an older one.",
    source="choice: 13",
)
EMG_11 = Rule(
    id="EMG-11",
    says="The summary is for the roles the rulebook names, where the card is open to them.",
    source="announcement: 13; choice: 13",
)

# -- staff and notices ---------------------------------------------------------------------------

STF_1 = Rule(
    id="STF-1",
    says="A doctor looks for a stated purpose, and staff for one that the rulebook gives them.",
    source="announcement: 12; OWASP ASVS 5.0 V16.2.1",
)
STF_2 = Rule(
    id="STF-2",
    says="Staff look in the name of an organisation.",
    source="choice: 12; FHIR R4 AuditEvent",
)
STF_3 = Rule(
    id="STF-3",
    says="The patient reads who of the staff looked: role, organisation, purpose, or a program.",
    source="choice: journal",
)
NTC_1 = Rule(
    id="NTC-1",
    says="A notice names no illness, no person and no secret, in every language of citizens.",
    source="choice: notices",
)
NTC_2 = Rule(
    id="NTC-2",
    says="What happens to a card is told to the accounts that may see it then, and to no other.",
    source="choice: notices",
)
NTC_3 = Rule(
    id="NTC-3",
    says="Of one thing an account is told once, however often the work is done.",
    source="choice: notices",
)
NTC_4 = Rule(
    id="NTC-4",
    says="Before what an account may see changes it is told, once for each change.",
    source="choice: notices",
)
NTC_5 = Rule(
    id="NTC-5",
    says="Notices can be switched off and sent elsewhere, but none about security or emergencies.",
    source="choice: notices",
)
NTC_6 = Rule(
    id="NTC-6",
    says="An applicant whose phone is bound is told that the application is decided.",
    source="announcement: 8; choice: notices",
)

# -- keeping -------------------------------------------------------------------------------------

KEP_1 = Rule(
    id="KEP-1",
    says="A sealed document is encrypted, title and body, and bound to its card, source and id.",
    source="OWASP ASVS 5.0 V11.3.2 and V14.2.6; 45 CFR 164.312(a)(2)(iv)",
)
KEP_2 = Rule(
    id="KEP-2",
    says="Erasing a card destroys the key of all its documents: none is shown again, none added.",
    source="OWASP ASVS 5.0 V14.2.7",
)
KEP_3 = Rule(
    id="KEP-3",
    says="A copy of a store that was stopped goes on from its last whole part, and is taken for "
    "a store only when it reads, shard by shard, like what was copied.",
    source="NIST SP 800-34 rev. 1, 3.4.2; choice: half a backup is worse than none",
)
KEP_4 = Rule(
    id="KEP-4",
    says="Two stores are compared by the digests of their shards, and the first that differs is "
    "named.",
    source="NIST SP 800-209, 4.9; choice: whoever mends must know where",
)
KEP_5 = Rule(
    id="KEP-5",
    says="No guardian's own resignation leaves a ward without a guardian; an authority's order "
    "may, and then that is an event of its own.",
    source="Family Code of Russia, art. 121 and 148.1; choice: somebody must know at once",
)

# -- shares --------------------------------------------------------------------------------------

SHR_1 = Rule(
    id="SHR-1",
    says="A share is made by whoever may see the card, of sections they see, for a stated time and "
    "no longer than the rulebook allows.",
    source="announcement: 14; choice: 14",
)
SHR_2 = Rule(
    id="SHR-2",
    says="A share shows at every opening what its grantor may see at that moment of the chosen "
    "sections, and nothing else.",
    source="choice: 14",
)
SHR_3 = Rule(
    id="SHR-3",
    says="A share that does not open tells nobody why; the journal names the rule.",
    source="HL7 SMART Health Links, Manifest Request: 404; choice: 14",
)
SHR_4 = Rule(
    id="SHR-4",
    says="Wrong passcodes are counted over the whole life of a share, and the last one allowed "
    "ends it.",
    source="HL7 SMART Health Links, Manifest Request: a total lifetime count",
)
SHR_5 = Rule(
    id="SHR-5",
    says="The address, the key and the passcode of a share are stored nowhere, and told once.",
    source="HL7 SMART Health Links, Manifest URL: 256 bits of entropy; OWASP ASVS 5.0 V11.1.2",
)
SHR_6 = Rule(
    id="SHR-6",
    says="A share ends at its time, and when its grantor or the patient in person ends it.",
    source="announcement: 14; choice: 14",
)
SHR_7 = Rule(
    id="SHR-7",
    says="What was shared before its grantor's phone was lost, suspended or changed, or the access "
    "ended, opens no more.",
    source="choice: 14",
)
SHR_8 = Rule(
    id="SHR-8",
    says="The file of an opening is fetched once, within the time the rulebook says.",
    source="HL7 SMART Health Links, files.location: short-lived, an hour at most, single use",
)
SHR_9 = Rule(
    id="SHR-9",
    says="Whoever may see the card sees every opening of a share: who said to be whom, when, what.",
    source="45 CFR 164.528; choice: 14",
)
SHL_1 = Rule(
    id="SHL-1",
    says="A link is written and read as the specification says, or refused with every fault.",
    source="HL7 SMART Health Links, Construct a SMART Health Link Payload",
)
SHL_2 = Rule(
    id="SHL-2",
    says="A file is encrypted under the key of its link, with a nonce of its own, and names what "
    "it is.",
    source="HL7 SMART Health Links, Encrypting and Decrypting Files",
)
SHL_3 = Rule(
    id="SHL-3",
    says="What others have made is read within bounds, whatever it claims to unpack to.",
    source="RFC 8725 section 3.6; RFC 7516 section 11; choice: a file of a few bytes can unpack to "
    "gigabytes",
)
SHL_4 = Rule(
    id="SHL-4",
    says="A manifest embeds no file longer than was asked for, and says where to fetch it instead.",
    source="HL7 SMART Health Links, Manifest Request and Manifest File",
)
SHL_5 = Rule(
    id="SHL-5",
    says="A link is drawn as a QR code with error correction level M.",
    source="HL7 SMART Health Links, Sharing User transmits a SMART Health Link",
)

# -- fhir ----------------------------------------------------------------------------------------

FHIR_1 = Rule(
    id="FHIR-1",
    says="A bundle is read whole, or refused whole with every fault and its place.",
    source="FHIR R4 (4.0.1), json.html and bundle.html; choice: half a record misleads",
)
FHIR_2 = Rule(
    id="FHIR-2",
    says="A resource of a bundle has a type and an id, and neither it nor its address comes twice.",
    source="FHIR R4 (4.0.1), Bundle.entry.fullUrl and invariant bdl-7; "
    "choice (the id: a document is named by it)",
)
FHIR_3 = Rule(
    id="FHIR-3",
    says="A document or a claim of kinship names a patient of the same bundle.",
    source="FHIR R4 (4.0.1), bundle.html, resolving references in bundles; "
    "choice: nothing is filed to a patient who is only guessed",
)
FHIR_4 = Rule(
    id="FHIR-4",
    says="A date is written as FHIR writes it, and a moment names its zone.",
    source="FHIR R4 (4.0.1), datatypes.html, date, dateTime and instant",
)
FHIR_5 = Rule(
    id="FHIR-5",
    says="A patient has a full birth date, and one who died a full day of death.",
    source="choice: ages are counted from the one, and without the other the card would stay open",
)
FHIR_6 = Rule(
    id="FHIR-6",
    says="A section comes from a listed code only, never from a category, a title or a guess.",
    source="announcement: 2 to 6; choice: a wrong section has a wrong first day",
)
FHIR_7 = Rule(
    id="FHIR-7",
    says="A resource that becomes no person, claim or document is counted under its name.",
    source="choice: an empty section must not look like an empty record",
)
FHIR_8 = Rule(
    id="FHIR-8",
    says="A related person is a claim and no confirmed tie, and a consent opens nothing.",
    source="announcement: 22; choice: a consent of another system is not a granted application",
)
FHIR_9 = Rule(
    id="FHIR-9",
    says="What is withdrawn, superseded, unfinished or under rules of its own is not imported.",
    source="FHIR R4 (4.0.1), extensibility.html, modifierExtension, and the status value sets",
)
FHIR_10 = Rule(
    id="FHIR-10",
    says="A security label above normal stays on the document.",
    source="FHIR R4 (4.0.1), security-labels.html",
)
FHIR_11 = Rule(
    id="FHIR-11",
    says="A document's days are local days; a year or a month is no day and counts as missing.",
    source="choice: 4; FHIR R4 (4.0.1), datatypes.html, dateTime",
)
FHIR_12 = Rule(
    id="FHIR-12",
    says="A bundle states the parts of the emergency summary it speaks of, and of the others "
    "nothing; what it names in no readable way is a fault.",
    source="FHIR R4 (4.0.1), AllergyIntolerance and Condition; HL7 International Patient Summary",
)
FHIR_13 = Rule(
    id="FHIR-13",
    says="A view is said in FHIR searches that find what it allows and nothing else, or refused.",
    source="FHIR R4 (4.0.1), search.html, prefixes and :missing; choice: 4",
)

FHI_1 = Rule(
    id="FHI-1",
    says="An export holds what the view allows at its moment, and of a refused card nothing.",
    source="announcement: 14; choice: totals",
)
FHI_2 = Rule(
    id="FHI-2",
    says="Read back, an export gives the same documents, each under its source and its own id.",
    source="announcement: 9; announcement: 14",
)
FHI_3 = Rule(
    id="FHI-3",
    says="The labels of a document travel with it as its security labels.",
    source="FHIR R4 (4.0.1), security-labels.html",
)
FHI_4 = Rule(
    id="FHI-4",
    says="An export tells the grants and ties of its viewer only, and looks at its own card only.",
    source="choice: journal; announcement: 22",
)
FHI_5 = Rule(
    id="FHI-5",
    says="What FHIR cannot write, or what was not exported by emrcore, is refused with its place.",
    source="FHIR R4 (4.0.1), datatypes.html, code and string; choice: half a record misleads",
)

# -- the patient's own words -----------------------------------------------------------------------

OWN_1 = Rule(
    id="OWN-1",
    says="A questionnaire is answered as its version asks, and every fault of the answers is told "
    "at once.",
    source="announcement: 15; choice: own words",
)
OWN_2 = Rule(
    id="OWN-2",
    says="A measurement is kept as it was entered, with its unit, and is never converted; a unit "
    "that is not listed is refused.",
    source="UCUM (the codes of the units); choice: own words",
)
OWN_3 = Rule(
    id="OWN-3",
    says="A measurement that no living person has is refused, within bounds that are data.",
    source="choice: own words (the bounds stand in diary/measurements.toml)",
)
OWN_4 = Rule(
    id="OWN-4",
    says="Only the patient, or a guardian in that role, writes in the diary, while they may look "
    "at the card and its section is open.",
    source="announcement: 15; announcement: 28; choice: own words",
)
OWN_5 = Rule(
    id="OWN-5",
    says="Who wrote a version, as what and when, stays with it; a correction is a further version.",
    source="choice: own words",
)
OWN_6 = Rule(
    id="OWN-6",
    says="Words are corrected and withdrawn by the patient, or by whoever wrote them last; "
    "what is withdrawn, only the patient and its authors still read.",
    source="choice: own words",
)
OWN_7 = Rule(
    id="OWN-7",
    says="Beside the patient and the author, own words are read by whom the patient or the author "
    "names, of those who may look at the card at all.",
    source="choice: own words",
)
OWN_8 = Rule(
    id="OWN-8",
    says="Own words are marked as reported by the patient, and are no documents of the card.",
    source="choice: own words",
)
OWN_9 = Rule(
    id="OWN-9",
    says="What a guardian wrote is the child's, and stays when the guardian's right ends.",
    source="choice: own words",
)

# -- wishes and polls ------------------------------------------------------------------------------

FBK_1 = Rule(
    id="FBK-1",
    says="A wish is 10 to 280 characters, without a number of nine or more digits and without an "
    "address of mail.",
    source="choice: wishes",
)
FBK_2 = Rule(
    id="FBK-2",
    says="An account files at most three wishes in 24 hours.",
    source="choice: wishes",
)
FBK_3 = Rule(
    id="FBK-3",
    says="A wish is shown and voted for after somebody has looked at it, and until it is answered.",
    source="announcement: 16; choice: wishes",
)
FBK_4 = Rule(
    id="FBK-4",
    says="An account has one vote for a wish, which it may take back.",
    source="choice: 16",
)
FBK_5 = Rule(
    id="FBK-5",
    says="Merged wishes are one: a vote for any of them is a vote for it, and counts once.",
    source="choice: 16",
)
FBK_6 = Rule(
    id="FBK-6",
    says="No wish is merged into itself, at whatever remove.",
    source="choice: wishes",
)
FBK_7 = Rule(
    id="FBK-7",
    says="Wishes are ranked by votes, then by the earlier filing, then by id.",
    source="announcement: 16; choice: 16",
)
FBK_8 = Rule(
    id="FBK-8",
    says="An answer to a wish is final: opened with a section of the rulebook, or declined for a "
    "reason of a closed list.",
    source="announcement: 16; choice: wishes",
)
FBK_9 = Rule(
    id="FBK-9",
    says="An account casts one ballot in a poll, while it is open, with an answer to every "
    "question.",
    source="announcement: 28; choice: polls",
)
FBK_10 = Rule(
    id="FBK-10",
    says="That an account has voted is kept; what it answered is only added up, under seal, and "
    "nothing outside the seal depends on it.",
    source="choice: polls",
)
FBK_11 = Rule(
    id="FBK-11",
    says="A result is counted once, after the poll has closed, and covers every ballot cast.",
    source="choice: polls",
)
FBK_12 = Rule(
    id="FBK-12",
    says="A number that is less than the poll's least is not told, nor one that it could be "
    "reckoned from.",
    source="choice: polls",
)
FBK_13 = Rule(
    id="FBK-13",
    says="The shares of a question with one choice add up to 100, by the largest remainder.",
    source="choice: polls",
)


def register() -> dict[str, Rule]:
    """Every rule by id, in the order of this file."""
    return {rule.id: rule for rule in globals().values() if isinstance(rule, Rule)}
