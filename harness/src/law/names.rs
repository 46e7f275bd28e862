//! The names and configurations that a trial of a law puts in place of its placeholders.

use super::definition::Step;
use super::step::PLACEHOLDERS;

/// The prefix of the names of all domains that laws make.
pub(crate) const PREFIX: &str = "xend-law-";

/// What stands for the placeholders of a law while it is tried.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    kernel: String,
    /// What makes the uuids of this trial its own.
    uuid: String,
    placeholders: Vec<(String, String)>,
}

impl Names {
    /// Makes the names for the trial of a law; `number` and `place` are those of the law and of the tested address.
    /// These names are unlikely on a real host, and are the same in every run.
    pub(crate) fn new(number: usize, place: usize, kernel: &str) -> Self {
        let (domain, other) = (format!("{PREFIX}{number}-{place}"), format!("{PREFIX}{number}-{place}-other"));
        let uuid = format!("1a35-4000-8000-{number:06x}{place:06x}");
        let mut names = Self { kernel: kernel.to_owned(), uuid, placeholders: Vec::new() };
        let meanings = [
            names.config(&domain, "64", "1", 1),
            names.config(&other, "64", "1", 2),
            names.config(&domain, "64", "1", 3),
            domain,
            other,
            names.uuid(1),
            names.uuid(2),
            kernel.to_owned(),
        ];
        names.placeholders = PLACEHOLDERS.map(str::to_owned).into_iter().zip(meanings).collect();
        names
    }

    fn uuid(&self, group: usize) -> String {
        format!("{group:08x}-{}", self.uuid)
    }

    fn config(&self, name: &str, memory: &str, vcpus: &str, group: usize) -> String {
        let (kernel, uuid) = (&self.kernel, self.uuid(group));
        format!(
            "(vm (name {name}) (memory {memory}) (maxmem 128) (vcpus {vcpus}) (uuid {uuid}) (on_poweroff \
             destroy) (on_reboot restart) (on_crash restart) (image (linux (kernel {kernel}) (root '/dev/sda1 ro'))))"
        )
    }

    /// Returns the domains that the law may make.
    pub(crate) fn domains(&self) -> [String; 2] {
        ["{domain}", "{other}"].map(|word| self.put(word))
    }

    /// Keeps what a placeholder stands for, for the steps that follow.
    pub(crate) fn keep(&mut self, word: &str, meaning: String) {
        self.placeholders.push((word.to_owned(), meaning));
    }

    /// Puts the names in place of the placeholders of a text.
    pub(crate) fn put(&self, text: &str) -> String {
        self.placeholders.iter().fold(text.to_owned(), |text, (word, meaning)| text.replace(word, meaning))
    }

    /// Returns the arguments of a step, as an engine takes them.
    pub(crate) fn arguments(&self, step: &Step) -> Vec<(String, String)> {
        step.arguments.iter().map(|(name, value)| (name.clone(), self.put(value))).collect()
    }

    /// Returns the arguments of the step of this number, as Xend takes them: a domain is made of a configuration.
    pub(crate) fn arguments_for_xend(&self, step: &Step, number: usize) -> Vec<(String, String)> {
        let arguments = self.arguments(step);
        if !step.makes_a_domain() {
            return arguments;
        }
        let value = |name: &str| arguments.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
        // A second domain of the same name is another one.
        vec![("config".to_owned(), self.config(value("name"), value("memory"), value("vcpus"), 16 + number))]
    }
}
