#include "tools/data/source.h"

#include <nlohmann/json.hpp>
#include <set>

#include "helpers.h"

BOOST_AUTO_TEST_SUITE(data_source)

using namespace unfold;
using namespace unfold::data;
using namespace unfold::test;

namespace {

std::string rows(int count) {
  std::string result = "x\ty\n";
  for (int i = 0; i < count; ++i) result += fmt::format("{}\t{}\n", i, i % 3);
  return result;
}

std::string open_error(const Folder& folder, const std::string& kind,
                       std::vector<std::pair<std::string, Value>> arguments) {
  return error_of([&] { open(folder, call(kind, arguments)); }, &folder);
}

}  // namespace

BOOST_AUTO_TEST_CASE(shares_and_counts_split_all_rows_once) {
  const Folder folder;
  folder.write("a.tsv", rows(100));
  const auto split = [&](std::vector<std::pair<std::string, Value>> options) {
    options.insert(options.begin(), {"", text("a.tsv")});
    return open(folder, call("table", options)).selected;
  };
  const auto parts = split({{"train", 0.8}, {"valid", 0.1}, {"test", 0.1}});
  BOOST_TEST(parts[0].size() == 80u);
  BOOST_TEST(parts[1].size() == 10u);
  BOOST_TEST(parts[2].size() == 10u);
  std::set<std::int64_t> all;
  for (const auto& part : parts) all.insert(part.begin(), part.end());
  BOOST_TEST(all.size() == 100u);
  BOOST_CHECK(parts == split({{"valid", 0.1}, {"test", 0.1}}));
  BOOST_CHECK(parts == split({{"valid", 10.0}, {"test", 10.0}}));
  BOOST_CHECK(parts == split({{"valid", 0.1}, {"test", 0.1}, {"seed", 7.0}}));
  BOOST_CHECK(parts != split({{"valid", 0.1}, {"test", 0.1}, {"seed", 8.0}}));
  BOOST_TEST(split({})[0].size() == 100u);
  BOOST_TEST(split({})[1].empty());
}

BOOST_AUTO_TEST_CASE(parts_that_ask_for_too_much) {
  const Folder folder;
  folder.write("a.tsv", rows(5));
  const auto error = [&](std::vector<std::pair<std::string, Value>> options) {
    options.insert(options.begin(), {"", text("a.tsv")});
    return open_error(folder, "table", options);
  };
  BOOST_TEST(error({{"train", 0.9}, {"valid", 0.2}}) ==
             "test.fold:3:30: train, valid and test are shares of the data; together they are 1.1, "
             "more than 1");
  BOOST_TEST(error({{"train", 4.0}, {"test", 2.0}}) ==
             "test.fold:3:30: train, valid and test ask for 6 rows, there are 5");
  BOOST_TEST(error({{"valid", 5.0}}) ==
             "test.fold:3:20: nothing is left to train on: there are 5 rows");
  BOOST_TEST(error({{"train", 0.8}, {"valid", 0.1}}) ==
             "test.fold:3:30: valid = 0.1 of 5 rows is less than one");
  BOOST_TEST(error({{"train", 1.5}}) ==
             "test.fold:3:20: option `train` of table must be a share under 1, a whole number of "
             "examples or the name of a file, not 1.5");
}

BOOST_AUTO_TEST_CASE(parts_in_files_of_their_own) {
  const Folder folder;
  folder.write("a.tsv", rows(5));
  folder.write("b.csv", "y,z,x\n1,2,3\n");
  const Source source =
      open(folder, call("table", {{"", text("a.tsv")}, {"valid", text("b.csv")}}));
  BOOST_TEST(source.size(Part::train) == 5);
  BOOST_TEST(source.size(Part::valid) == 1);
  BOOST_TEST(!source.has(Part::test));
  BOOST_TEST(source.rows.cell(source.selected[1][0], 0) == "3");
  BOOST_TEST(source.spec.fingerprints.size() == 2u);
  folder.write("c.tsv", "x\n1\n");
  BOOST_TEST(open_error(folder, "table", {{"", text("a.tsv")}, {"valid", text("c.tsv")}}) ==
             "c.tsv:1:1: there is no column `y`; note: the columns are x");
}

BOOST_AUTO_TEST_CASE(files_and_what_the_star_matches) {
  const Folder folder;
  folder.write("names/Greek.txt", "Κατσαρός\r\nPapas\r\n");
  folder.write("names/Irish.txt", "Ó Briain\n");
  folder.write("names/readme", "no\n");
  const Source source = open(folder, call("files", {{"", text("names/*.txt")}}));
  const std::vector<FieldSpec> fields = {define_field("name", call("characters"), source),
                                         define_field("lang", call("class"), source)};
  BOOST_CHECK(fields[1].vocabulary.symbols() == (std::vector<std::string>{"Greek", "Irish"}));
  BOOST_TEST(fields[1].type.size_name == "classes(lang)");
  const Examples examples = read_examples(source, fields, Part::train);
  BOOST_TEST(examples.size() == 3);
  BOOST_TEST(examples.length("time(name)", 0) == 8);
  BOOST_TEST(examples.length("time(name)", 2) == 8);
  BOOST_CHECK(values_of(examples, 1) == (std::vector<std::vector<double>>{{0}, {0}, {1}}));
  BOOST_TEST(examples.values[1][0].rank() == 0);
  BOOST_TEST(open_error(folder, "files", {{"", text("nomes/*.txt")}}) ==
             "test.fold:3:10: no file matches `nomes/*.txt`");
  BOOST_TEST(open_error(folder, "files", {{"", text("*/*.txt")}}) ==
             "test.fold:3:10: `*/*.txt` has more than one `*`");
  const Source plain = open(folder, call("files", {{"", text("names/Irish.txt")}}));
  BOOST_TEST(error_of([&] { define_field("lang", call("class"), plain); }) ==
             "test.fold:3:1: class is what `*` stands for, but the names of the files have no `*`");
}

BOOST_AUTO_TEST_CASE(files_that_cannot_be_read) {
  const Folder folder;
  folder.write("empty.tsv", "");
  folder.write("mark.tsv", "\xef\xbb\xbf");
  folder.write("binary.tsv", std::string("ab\0c", 4));
  folder.write("header.tsv", "a\tb\n");
  folder.write("sub/x.tsv", "a\n");
  const auto error = [&](const char* name) {
    return open_error(folder, "table", {{"", text(name)}});
  };
  BOOST_TEST(error("gone.tsv") == "test.fold:3:10: there is no file `gone.tsv`");
  BOOST_TEST(error("sub") == "test.fold:3:10: `sub` is a directory, not a file");
  BOOST_TEST(error("/dev/zero") == "test.fold:3:10: `/dev/zero` is a device, not a file");
  BOOST_TEST(error("empty.tsv") == "test.fold:3:10: `empty.tsv` is empty");
  BOOST_TEST(error("mark.tsv") == "test.fold:3:10: `mark.tsv` is empty");
  BOOST_TEST(error("binary.tsv") ==
             "test.fold:3:10: `binary.tsv` is not a text: its byte 3 is zero");
  BOOST_TEST(error("header.tsv") == "header.tsv:1:1: there is a header, but no rows");
  BOOST_TEST(open_error(folder, "table", {}) == "test.fold:3:1: table needs the name of a file");
  BOOST_TEST(open_error(folder, "tabel", {{"", text("a")}}) ==
             "test.fold:3:1: there is no source `tabel`; the nearest is `table`");
  BOOST_TEST(open_error(folder, "text", {{"", 3.0}}) ==
             "test.fold:3:10: text takes the names of files, not 3");
}

BOOST_AUTO_TEST_CASE(text_is_cut_in_order_by_code_points) {
  const Folder folder;
  folder.write("t.txt",
               "\xef\xbb\xbf"
               "äb\r\ncé fgh");
  const Source source = open(
      folder, call("text", {{"", text("t.txt")}, {"train", 0.5}, {"valid", 2.0}, {"test", 0.2}}));
  const auto part = [&](std::size_t i) {
    const TextPart& p = source.texts[i];
    return p.document->text.substr(p.begin, p.end - p.begin);
  };
  BOOST_TEST(part(0) == "äb\nc");
  BOOST_TEST(part(1) == "é ");
  BOOST_TEST(part(2) == "fg");
  const FieldSpec spec = define_field("char", call("characters"), source);
  BOOST_TEST(spec.type.full);
  BOOST_CHECK(read_stream(source, spec, Part::train).ids ==
              (std::vector<std::int32_t>{0, 1, 2, 3}));
  BOOST_TEST(error_of([&] { read_stream(source, spec, Part::valid); }, &folder) ==
             "t.txt:2:2: character \"é\" is not in the vocabulary of `char`; the option `unknown = "
             "true` would take it as <unk>");
  folder.write("bad.txt", "ok\näb\xc3(\n");
  BOOST_TEST(open_error(folder, "text", {{"", text("bad.txt")}}) ==
             "bad.txt:2:3: byte 0xc3 is not UTF-8");
}

BOOST_AUTO_TEST_CASE(a_word_belongs_to_the_part_in_which_it_begins) {
  const Folder folder;
  folder.write("t.txt", "one two three four");
  const Source source = open(
      folder, call("text", {{"", text("t.txt")}, {"train", 6.0}, {"valid", 4.0}, {"test", 4.0}}));
  const FieldSpec spec = define_field("w", call("words"), source);
  BOOST_TEST(read_stream(source, spec, Part::train).ids.size() == 2u);
  BOOST_TEST(read_stream(source, spec, Part::valid).ids.size() == 1u);
  BOOST_TEST(read_stream(source, spec, Part::test).ids.size() == 0u);
}

BOOST_AUTO_TEST_CASE(changed_data_is_noticed) {
  const std::vector<Fingerprint> then = {fingerprint_of("a.tsv", "abc"), fingerprint_of("b", "x")};
  const std::vector<Fingerprint> moved = {fingerprint_of("c.tsv", "abc"), fingerprint_of("b", "x")};
  const std::vector<Fingerprint> other = {fingerprint_of("a.tsv", "abd"), fingerprint_of("b", "x")};
  BOOST_TEST(error_of([&] { require_same(then, moved); }) == "no error");
  BOOST_TEST(error_of([&] { require_same(then, other); }) ==
             ":0:0: the data has changed since training began: `a.tsv` is now 3 bytes with other "
             "contents than the 3 bytes of then");
  BOOST_TEST(nlohmann::json(then[0])["hash"] == "e71fa2190541574b");  // FNV-1a of "abc"
}

BOOST_AUTO_TEST_SUITE_END()
