//! Who there is, visibly fictional: people called "example" in their own languages, numbers that are reserved for fiction
//! (555-0100 to 555-0199, NANPA), domains and networks that are reserved for examples (RFC 2606, RFC 5737).

/// A patient.
pub(super) struct Patient {
    pub(super) name: &'static str,
    pub(super) locale: &'static str,
}

/// Somebody of the clinic's staff.
pub(super) struct Colleague {
    pub(super) name: &'static str,
    /// Before `@example.org`.
    pub(super) mailbox: &'static str,
    /// One of ours, or `night` for the clinic's own.
    pub(super) role: &'static str,
    /// The browser they use.
    pub(super) browser: &'static str,
}

pub(super) const OWNER: &str = "Dana Example";

pub(super) const MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Safari/605.1.15";
pub(super) const LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0";
pub(super) const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36 Edg/140.0";
pub(super) const PHONE: &str = "Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Safari/537.36";

const fn colleague(name: &'static str, mailbox: &'static str, role: &'static str, browser: &'static str) -> Colleague {
    Colleague { name, mailbox, role, browser }
}

/// Those who came in. The first may look at clear data.
pub(super) const STAFF: [Colleague; 8] = [
    colleague("Noor Mithal", "noor", "super_admin", MAC),
    colleague("Marek Przykład", "marek", "admin", WINDOWS),
    colleague("Inês Exemplo", "ines", "developer", LINUX),
    colleague("Jonas Beispiel", "jonas", "agent", WINDOWS),
    colleague("Amina Mfano", "amina", "agent", PHONE),
    colleague("Priya Udaharan", "priya", "night", WINDOWS),
    colleague("Otto Esimerkki", "otto", "auditor", LINUX),
    colleague("Lena Primer", "lena", "viewer", MAC),
];

/// Those who were invited and have not come: name, mailbox, role, days ago.
pub(super) const INVITED: [(&str, &str, &str, i64); 3] = [
    ("Sam Voorbeeld", "sam", "viewer", 9),
    ("Kai Eksempel", "kai", "agent", 2),
    ("Rosa Ejemplo", "rosa", "developer", 1),
];

const fn patient(name: &'static str, locale: &'static str) -> Patient {
    Patient { name, locale }
}

pub(super) const PATIENTS: [Patient; 32] = [
    patient("Zoë Beispiel", "de"),
    patient("Łukasz Przykładowy", "pl"),
    patient("Αλέξης Παράδειγμα", "el"),
    patient("Иван Примеров", "ru"),
    patient("例 花子", "ja"),
    patient("示例 小明", "zh-Hans"),
    patient("أمينة مثال", "ar"),
    patient("דנה דוגמה", "he"),
    patient("किरण उदाहरण", "hi"),
    patient("예시 민수", "ko"),
    patient("Nguyễn Ví Dụ", "vi"),
    patient("José Ejemplo", "es"),
    patient("Chloé Exemple", "fr"),
    patient("Ömer Örnek", "tr"),
    patient("สมชาย ตัวอย่าง", "th"),
    patient("Þóra Dæmi", "is"),
    patient("Thandi Isibonelo", "zu"),
    patient("Aroha Tauira", "mi"),
    patient("ნინო მაგალითი", "ka"),
    patient("Անի Օրինակ", "hy"),
    patient("Kofi Nhwɛso", "ak"),
    patient("Siân Enghraifft", "cy"),
    patient("Oona Esimerkki", "fi"),
    patient("Bjørn Eksempel", "nb"),
    patient("Jānis Piemērs", "lv"),
    patient("உமா எடுத்துக்காட்டு", "ta"),
    patient("রিয়া উদাহরণ", "bn"),
    patient("Олена Приклад", "uk"),
    patient("Márta Példa", "hu"),
    patient("Radu Exemplu", "ro"),
    patient("Xavier O’Example-Placeholder", "en"),
    patient("Maximiliane von und zu Beispielhausen-Musterstadt", "de"),
];

/// Why somebody looked.
pub(super) const REASONS: [&str; 8] = [
    "Patient called: code never arrived, ticket 4512",
    "Wrong number on file, checking with the front desk",
    "Complaint 88: what exactly did the reminder say",
    "Returned letter, comparing the address",
    "Lab asked whether the results notice went out",
    "Invoice disputed, ticket 4533",
    "Identity check at the counter",
    "Quarterly sample for the privacy officer",
];
