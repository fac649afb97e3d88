/** Letters that no accent makes, and what one types for them. */
const others: Readonly<Record<string, string>> = {
  ß: "ss",
  æ: "ae",
  œ: "oe",
  ø: "o",
  Ø: "O",
  ł: "l",
  Ł: "L",
  đ: "d",
  Đ: "D",
  ı: "i",
  µ: "μ",
};

/** A text without the accents of its letters: the same as the database's function `plain_letters` makes of it. */
export function plainLetters(text: string): string {
  return text
    .normalize("NFD")
    .replaceAll(/[\u0300-\u036F]/g, "")
    .replaceAll(/[ßæœøØłŁđĐıµ]/g, (letter) => others[letter] ?? letter)
    .normalize("NFC");
}
