//! English grammar for captions: plurals and articles.

use pluralizer::pluralize;

/// Words without a plural of their own: plural in form, or uncountable.
const UNCOUNTED: &str = "scissors glasses sunglasses goggles trousers pants jeans shorts tights pyjamas pajamas \
     headphones binoculars chopsticks noodles fries ramen pasta spaghetti broccoli bacon toast \
     tofu honey butter milk tea coffee beer wine sushi garlic ginger popcorn corn lightning fog \
     confetti sand hair hockey tennis golf badminton baseball basketball football rugby \
     volleyball softball lacrosse soccer judo karate yoga money cash luggage music snow rain \
     water jewelry cutlery christmas cheers chess archery police trash \
     rice bread cheese meat salt soap wheat wool wood grass ice halloween food makeup armor mist thunder \
     sunshine wind ballet snooker earth saturn hello bye ok spinach asleep laundry gold silver fire smoke";
/// The beginnings of words with a silent h.
const SILENT: [&str; 3] = ["hour", "heir", "honest"];
/// Adjectives, which do not name a thing.
const ADJECTIVES: &str = "sunny rainy cloudy foggy snowy windy stormy happy unhappy sad angry mad furious grumpy \
     cross sleepy hungry dizzy crazy silly anxious nervous yummy sick ill cold hot drunk \
     surprised shy cool proud bored funny thirsty jealous lucky locked unlocked open recyclable \
     zzz";
/// Things whose names end like those of activities.
const THINGS: &str =
    "ring wing king string spring building painting earring dumpling seedling bed seed";
/// The endings of single-word names that do not name a thing and take no article.
const ENDINGS: [&str; 4] = ["ing", "ness", "ed", "wear"];

fn is_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|other| other == word)
}

/// Returns the last word of a name's head: “hand” of “hand with fingers splayed”.
pub fn head(label: &str) -> &str {
    let ends = [" with ", " of ", " in ", " on ", " and ", " at ", " behind ", ": "];
    let end = ends.iter().filter_map(|end| label.find(end)).min().unwrap_or(label.len());
    label[..end].rsplit(' ').next().unwrap_or(label)
}

/// Returns the plural of a name: “red apples”, “pots of food”, “scissors”.
pub fn plural(label: &str) -> String {
    let word = head(label);
    if word.is_empty() || is_of(UNCOUNTED, word) || is_many(word) {
        return label.to_owned();
    }
    let start = word.as_ptr() as usize - label.as_ptr() as usize;
    let (before, after) = (&label[..start], &label[start + word.len()..]);
    format!("{before}{}{after}", pluralize(word, 2, false))
}

/// Returns the singular of a word: “shoe” of “shoes”.
pub fn singular(word: &str) -> String {
    match is_of(UNCOUNTED, word) {
        true => word.to_owned(),
        false => pluralize(word, 1, false),
    }
}

/// Returns whether a name is countable. Activities, moods and substances are not.
pub fn is_counted(name: &str) -> bool {
    let word = head(name);
    let is_act = !name.contains(' ')
        && !is_of(THINGS, word)
        && ENDINGS.iter().any(|end| word.ends_with(end));
    // “Hammer and wrench” and “seven-thirty” have no plural.
    let is_once = name.contains(" and ")
        || word.ends_with("-thirty")
        || ["ly", " done", " lowered", " raised"].iter().any(|end| name.ends_with(end))
        || name.contains(" savoring ");
    let is_stuff = is_of(UNCOUNTED, word) || is_of(ADJECTIVES, word);
    !word.is_empty() && !is_act && !is_once && (is_many(word) || !is_stuff)
}

fn is_many(word: &str) -> bool {
    pluralize(word, 2, false) == word && pluralize(word, 1, false) != word
}

/// Returns the name with “a” or “an” before it; `None` if it takes no article.
pub fn with_article(name: &str) -> Option<String> {
    let word = head(name);
    let is_bare = name.starts_with("the ") || strip_article(name) != name;
    if is_bare || !is_counted(name) || is_many(word) {
        return None;
    }
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let article = match SILENT.iter().any(|start| name.starts_with(start)) {
        true => "an",
        false => in_definite::get_a_or_an(name),
    };
    Some(format!("{article} {name}"))
}

/// Returns a caption without its leading article.
pub fn strip_article(caption: &str) -> &str {
    ["a ", "an "].iter().find_map(|article| caption.strip_prefix(article)).unwrap_or(caption)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_plurals_of_many() {
        for (one, many) in [
            ("cat", "cats"),
            ("red apple", "red apples"),
            ("butterfly", "butterflies"),
            ("bus", "buses"),
            ("mouse", "mice"),
            ("toy", "toys"),
            ("wolf", "wolves"),
            ("scissors", "scissors"),
            ("grapes", "grapes"),
            ("glasses", "glasses"),
            ("cherries", "cherries"),
            ("sheep", "sheep"),
            ("fish", "fish"),
            ("tooth", "teeth"),
            ("leaf", "leaves"),
            ("knife", "knives"),
            ("goose", "geese"),
            ("pot of food", "pots of food"),
            ("hand with fingers splayed", "hands with fingers splayed"),
            ("potato", "potatoes"),
            ("piano", "pianos"),
            ("box", "boxes"),
            ("peach", "peaches"),
            ("cactus", "cacti"),
            ("snowman", "snowmen"),
            ("ballet shoes", "ballet shoes"),
            ("dress", "dresses"),
            ("hibiscus", "hibiscuses"),
            ("octopus", "octopuses"),
            ("fries", "fries"),
            ("deer", "deer"),
        ] {
            assert_eq!(plural(one), many);
        }
    }

    #[test]
    fn adds_articles_only_to_countable_names() {
        for (name, with) in [
            ("apple", Some("an apple")),
            ("eye", Some("an eye")),
            ("unicorn", Some("a unicorn")),
            ("hourglass", Some("an hourglass")),
            ("umbrella", Some("an umbrella")),
            ("ufo", Some("a ufo")),
            ("bus", Some("a bus")),
            ("dress", Some("a dress")),
            ("hot dog", Some("a hot dog")),
            ("man swimming", Some("a man swimming")),
            ("scissors", None),
            ("grapes", None),
            ("a cat", None),
            ("an old car", None),
            ("swimming", None),
            ("popcorn", None),
            ("ring", Some("a ring")),
            ("hockey", None),
        ] {
            assert_eq!(with_article(name).as_deref(), with, "{name}");
        }
        assert_eq!(strip_article("an old car"), "old car");
        for (name, counted) in [
            ("cat", true),
            ("grapes", true),
            ("cycling", false),
            ("beer", false),
            ("sunny", false),
            ("hammer and wrench", false),
        ] {
            assert_eq!(is_counted(name), counted, "{name}");
        }
    }
}
