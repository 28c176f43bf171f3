#include "helpers.h"

BOOST_AUTO_TEST_SUITE(data_new_rows)

using namespace unfold;
using namespace unfold::data;
using namespace unfold::test;

namespace {

struct Pairs {
  Pairs() {
    folder.write("a.tsv", "id\ttext\tn\tc\n1\tone two\t5\tx\n2\ttwo\t6\ty\n");
    source = open(folder, call("table", {{"", text("a.tsv")}}));
    fields = {define_field("w", call("words", {{"column", text("text")}}), source),
              define_field("v", call("number", {{"column", text("n")}}), source)};
  }
  Folder folder;
  Source source;
  std::vector<FieldSpec> fields;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(only_the_needed_columns_must_be_there, Pairs) {
  folder.write("b.csv", "n,text\n7,\"two, three\"\n");
  const Rows rows = read_rows(source.spec, fields, folder.file("b.csv"));
  const Examples examples = encode_rows(source.spec, rows, fields);
  BOOST_CHECK(values_of(examples, 0) == (std::vector<std::vector<double>>{{2, 2}}));
  BOOST_CHECK(values_of(examples, 1) == (std::vector<std::vector<double>>{{7}}));
  folder.write("c.tsv", "text\ntwo\n");
  BOOST_TEST(error_of([&] { read_rows(source.spec, fields, folder.file("c.tsv")); }, &folder) ==
             "c.tsv:1:1: there is no column `n`; note: the columns are text");
  const Rows words = read_rows(source.spec, std::span(fields).first(1), folder.file("c.tsv"));
  BOOST_TEST(words.size() == 1);
}

BOOST_FIXTURE_TEST_CASE(texts_of_the_command_line, Pairs) {
  const std::vector<std::string> texts = {"two one", "one"};
  const auto words = std::span(fields).first(1);
  const Examples examples = encode_rows(source.spec, rows_of_texts(words, texts), words);
  BOOST_CHECK(values_of(examples, 0) == (std::vector<std::vector<double>>{{0, 1}, {1}}));
  const std::vector<std::string> cells = {"one\t9"};
  BOOST_TEST(encode_rows(source.spec, rows_of_texts(fields, cells), fields).values[1][0].at(0) ==
             9);
  BOOST_TEST(error_of([&] { rows_of_texts(fields, texts); }) ==
             "input 1:1:1: this input has 1 column; 2 are needed, separated by tabs: text, n");
  const std::vector<std::string> bad = {"one\tnine"};
  BOOST_TEST(error_of([&] { encode_rows(source.spec, rows_of_texts(fields, bad), fields); }) ==
             "input 1:1:5: \"nine\" is not a number in column `n`");
  const std::vector<std::string> bytes = {"a\xff"};
  BOOST_TEST(error_of([&] { rows_of_texts(words, bytes); }) ==
             "input 1:1:2: byte 0xff is not UTF-8");
}

BOOST_AUTO_TEST_CASE(lines_for_files_and_for_text) {
  const Folder folder;
  folder.write("k/a.txt", "xy\n");
  folder.write("k/b.txt", "y\nx\n");
  const Source source = open(folder, call("files", {{"", text("k/*.txt")}}));
  const std::vector<FieldSpec> fields = {define_field("t", call("characters"), source),
                                         define_field("c", call("class"), source)};
  const Rows rows = read_rows(source.spec, std::span(fields).first(1), folder.file("k/b.txt"));
  BOOST_TEST(rows.size() == 2);
  BOOST_TEST(
      error_of([&] { read_rows(source.spec, fields, folder.file("k/b.txt")); }, &folder) ==
      ":0:0: the class of each line is what `*` stands for in the name of its file: `k/b.txt` "
      "has no `*`");
  const Examples starred =
      encode_rows(source.spec, read_rows(source.spec, fields, folder.file("k/*.txt")), fields);
  BOOST_CHECK(values_of(starred, 1) == (std::vector<std::vector<double>>{{1}, {0}, {0}}));

  const Source corpus = open(folder, call("text", {{"", text("k/b.txt")}}));
  const FieldSpec character = define_field("char", call("characters"), corpus);
  const std::vector<std::string> texts = {"xy"};
  const auto one = std::span(&character, 1);
  BOOST_CHECK(values_of(encode_rows(corpus.spec, rows_of_texts(one, texts), one)) ==
              (std::vector<std::vector<double>>{{2, 1}}));
  BOOST_CHECK(read_stream(character, folder.file("k/a.txt")).ids ==
              (std::vector<std::int32_t>{2, 1, 0}));
}

BOOST_AUTO_TEST_SUITE_END()
