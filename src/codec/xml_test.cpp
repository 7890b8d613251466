// Flat XML: the forms that peers of WeChat Pay v2 send (spec/channels 1A.1), and attacks on XML parsers.
#include "codec/xml.hpp"

#include <gtest/gtest.h>

namespace huitong::codec {
namespace {

std::string reason_of(std::string_view text) {
    const auto fields = parse_flat_xml(text);
    return fields ? "" : fields.error().reason;
}

// The value of <a> in <xml><a>…</a></xml>.
std::string value_of(std::string_view inner) {
    const auto fields = parse_flat_xml("<xml><a>" + std::string(inner) + "</a></xml>");
    return fields ? std::string(fields->get("a")) : "refused: " + fields.error().reason;
}

TEST(ParseFlatXml, accepts_what_peers_send) {
    const auto fields = parse_flat_xml(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<!-- hello <a> <!DOCTYPE> -->\n<xml>\r\n"
        "  <return_code><![CDATA[SUCCESS]]></return_code>\n <!-- c -->\n  <total_fee>100</total_fee>\n"
        "  <body>披萨 &lt;&amp;&gt;&quot;&apos;</body><empty/><none></none>\n</xml>\n<!-- end -->\n");
    ASSERT_TRUE(fields) << fields.error().detail;
    ASSERT_EQ(fields->all().size(), 5U);
    EXPECT_EQ(fields->all()[0], (XmlField{"return_code", "SUCCESS"}));
    EXPECT_EQ(fields->get("total_fee"), "100");
    EXPECT_EQ(fields->get("body"), "披萨 <&>\"'");
    ASSERT_TRUE(fields->find("empty"));
    EXPECT_EQ(*fields->find("empty"), "");
    EXPECT_EQ(*fields->find("none"), "");
    EXPECT_EQ(fields->find("absent"), nullptr);
    EXPECT_EQ(fields->get("absent"), "");
    EXPECT_EQ(reason_of("<xml/>"), "");
    EXPECT_EQ(reason_of("<?xml version=\"1.0\"?><xml></xml>"), "");
}

TEST(ParseFlatXml, values) {
    EXPECT_EQ(value_of(" x "), " x ");
    EXPECT_EQ(value_of("  "), "  ");
    EXPECT_EQ(value_of("\n  <![CDATA[ x ]]>\n  "), " x ");
    EXPECT_EQ(value_of("<![CDATA[a]]> <![CDATA[b]]>"), "a b");
    EXPECT_EQ(value_of("x<![CDATA[<y>&amp;]]>&amp;z"), "x<y>&amp;&z");
    EXPECT_EQ(value_of("<![CDATA[]]>"), "");
    EXPECT_EQ(value_of("<![CDATA[<!DOCTYPE <!ENTITY]]>"), "<!DOCTYPE <!ENTITY");
    EXPECT_EQ(value_of("a\r\nb\rc"), "a\nb\nc");
    EXPECT_EQ(value_of("&#13;"), "\r");
    EXPECT_EQ(value_of("a>b"), "a>b");
}

TEST(ParseFlatXml, character_references) {
    EXPECT_EQ(value_of("&#65;&#x42;&#x4e2D;&#20013;&#x1F355;&#x7FF;"), "AB中中🍕\xDF\xBF");
    EXPECT_EQ(value_of("&#38;lt;"), "&lt;");  // decoded once
    EXPECT_EQ(value_of("&amp;amp;"), "&amp;");
    for (const char* bad : {"&#0;",       "&#x1;",         "&#11;",
                            "&#xD800;",   "&#xDFFF;",      "&#xFFFE;",
                            "&#x110000;", "&#4294967361;", "&#99999999999999999999;",
                            "&#;",        "&#x;",          "&#X41;",
                            "&#6a;",      "&#-1;",         "&# 65;",
                            "&nbsp;",     "&LT;",          "&;",
                            "&",          "a & b",         "&amp",
                            "&foo;"}) {
        EXPECT_EQ(value_of(bad), "refused: bad_xml") << bad;
    }
}

TEST(ParseFlatXml, refuses_dtds) {
    std::string laughs = "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY lol \"lol\">";
    for (int i = 1; i < 10; ++i) {
        laughs +=
            "<!ENTITY lol" + std::to_string(i) + " \"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">";
    }
    EXPECT_EQ(reason_of(laughs + "]><xml><a>&lol9;</a></xml>"), "xml_dtd");
    EXPECT_EQ(reason_of("<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><a>&e;</a></xml>"),
              "xml_dtd");
    EXPECT_EQ(reason_of("<!doctype xml><xml/>"), "xml_dtd");
    EXPECT_EQ(reason_of("<xml><!ENTITY e \"x\"></xml>"), "xml_dtd");
    EXPECT_EQ(reason_of("<xml/><!DOCTYPE xml>"), "xml_dtd");
    // A comment that only our scan, not the parser, would see.
    EXPECT_EQ(reason_of("<?xml version=\"1.0\" standalone=\"<!--\"?><!DOCTYPE xml><xml/><!-- -->"),
              "xml_dtd");
    EXPECT_EQ(value_of("<![CDATA[x]]><!DOCTYPE y>"), "refused: xml_dtd");
}

TEST(ParseFlatXml, the_root_has_the_name_that_is_asked_for) {
    EXPECT_EQ(parse_flat_xml("<root><a>1</a></root>", "root").value().get("a"), "1");
    for (const char* other : {"<xml><a>1</a></xml>", "<roo/>", "<roots/>", "<Root/>"}) {
        EXPECT_EQ(parse_flat_xml(other, "root").error().reason, "bad_xml") << other;
    }
}

TEST(ParseFlatXml, refuses_structure) {
    EXPECT_EQ(value_of("<b>1</b>"), "refused: xml_nested");
    EXPECT_EQ(value_of("<b/>"), "refused: xml_nested");
    EXPECT_EQ(reason_of("<xml><a>1</a><b>2</b><a>1</a></xml>"), "xml_duplicate");
    EXPECT_EQ(reason_of("<xml><a/><a/></xml>"), "xml_duplicate");
    EXPECT_EQ(reason_of("<xml><a>1</a><A>1</A></xml>"), "");
    for (const char* bad : {"",
                            " ",
                            "x",
                            "{}",
                            "<root><a>1</a></root>",
                            "<XML/>",
                            "<xml>",
                            "</xml>",
                            "<xml><a></xml>",
                            "<xml><a></b></xml>",
                            "<xml/><xml/>",
                            "x<xml/>",
                            "<xml/>x",
                            "<xml/>&",
                            "<xml/><",
                            "<xml></xml",
                            "<xml>x",
                            "<xml>x</xml>",
                            "<xml>x<a/></xml>",
                            "<xml><![CDATA[x]]></xml>",
                            "<xml/><![CDATA[x]]>",
                            "<xml a=\"1\"/>",
                            "<xml><a b=\"1\">1</a></xml>",
                            "<xml><a b='<!--'/></xml>",
                            "<xml><n:a>1</n:a></xml>",
                            "<xml><1a>1</1a></xml>",
                            "<xml><中>1</中></xml>",
                            "<xml><a>a]]>b</a></xml>",
                            "<xml><a><![CDATA[x]]</a></xml>",
                            "<xml><!-- </xml>",
                            "<xml><a>1<!-- -->2</a></xml>",
                            "<xml><?php x?></xml>",
                            "<?php x?><xml/>",
                            "<xml/><?xml version=\"1.0\"?>",
                            "<?xml version=\"1.0\"?><?xml version=\"1.0\"?><xml/>",
                            "<!-- --><?xml version=\"1.0\"?><xml/>",
                            "<xml><a>1</a",
                            "\xEF\xBB\xBF<xml/>",
                            "<html>502</html>"}) {
        EXPECT_EQ(reason_of(bad), "bad_xml") << bad;
    }
}

TEST(ParseFlatXml, refuses_other_encodings) {
    EXPECT_EQ(reason_of("<?xml version=\"1.0\" encoding=\"UTF-8\"?><xml/>"), "");
    for (const char* bad :
         {"<?xml version=\"1.0\" encoding=\"GBK\"?><xml/>", "<?xml encoding=\"UTF-8\"?><xml/>",
          "<?xml version=\"1.0\" encoding=\"UTF-8\" encoding=\"UTF-7\"?><xml/>",
          "<?xml version=\"1.0\" encoding=\"\"?><xml/>", "<?xml version=\"1.0\" x=\"\"?><xml/>"}) {
        EXPECT_EQ(reason_of(bad), "bad_xml") << bad;
    }
    EXPECT_EQ(reason_of(std::string_view("\xFE\xFF\0<\0x\0m\0l\0/\0>", 14)), "bad_utf8");
    EXPECT_EQ(reason_of(std::string_view("<\0x\0m\0l\0/\0>\0", 12)),
              "bad_xml");  // UTF-16LE, guessed by some parsers
    EXPECT_EQ(value_of("\xC0\xBC"), "refused: bad_utf8");
    EXPECT_EQ(value_of("\xED\xA0\x80"), "refused: bad_utf8");
}

TEST(ParseFlatXml, refuses_characters_xml_has_not) {
    for (const char* bad : {"\x01", "\x0B", "\x1F", "<![CDATA[\x08]]>", "\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
        EXPECT_EQ(value_of(bad), "refused: bad_xml");
    }
    EXPECT_EQ(value_of(std::string_view("a\0b", 3)), "refused: bad_xml");
    EXPECT_EQ(value_of("\t\x7F"), "\t\x7F");
}

TEST(ParseFlatXml, size_is_bounded) {
    const auto document = [](int count) {
        std::string text = "<xml>";
        for (int i = 0; i < count; ++i) text += "<f" + std::to_string(i) + ">1</f" + std::to_string(i) + ">";
        return text + "</xml>";
    };
    EXPECT_EQ(reason_of(document(256)), "");
    EXPECT_EQ(reason_of(document(257)), "xml_too_large");
    std::string deep = "<xml>";
    for (int i = 0; i < 200'000; ++i) deep += "<a>";
    EXPECT_EQ(reason_of(deep), "xml_too_large");
    std::string open;
    EXPECT_NE(reason_of(open.append(1 << 20, '<')), "");
    std::string comments = "<xml>";
    for (int i = 0; i < 100'000; ++i) comments += "<!---->";
    EXPECT_EQ(reason_of(comments + "</xml>"), "");
    EXPECT_EQ(value_of(std::string(1 << 20, '&')), "refused: bad_xml");
}

XmlFields one_field(std::string name, std::string value) {
    XmlFields fields;
    fields.set(std::move(name), std::move(value));
    return fields;
}

TEST(WriteFlatXml, form) {
    XmlFields fields(
        {{"a", "x<&>"}, {"total_fee", "100"}, {"neg", "-1"}, {"e", ""}, {"d", "1.0"}, {"m", "-"}});
    fields.set("total_fee", "200");
    fields.set("z", "披");
    EXPECT_EQ(write_flat_xml(fields),
              "<xml><a><![CDATA[x<&>]]></a><total_fee>200</total_fee><neg>-1</neg><e><![CDATA[]]></e>"
              "<d><![CDATA[1.0]]></d><m><![CDATA[-]]></m><z><![CDATA[披]]></z></xml>");
    EXPECT_EQ(write_flat_xml(XmlFields()), "<xml></xml>");
}

TEST(WriteFlatXml, every_value_comes_back) {
    for (const char* value : {"",
                              " ",
                              "\r",
                              "\n",
                              " \r\n ",
                              "a\rb",
                              "]]>",
                              "a]]>b]]>",
                              "]]]]>>",
                              "]]",
                              ">",
                              "]]>]]>\r]]>",
                              "<![CDATA[x]]>",
                              "&amp;",
                              "<!DOCTYPE x>",
                              "</a>",
                              "0",
                              "007",
                              "-5",
                              "披萨🍕",
                              "\t"}) {
        const auto fields = parse_flat_xml(write_flat_xml(XmlFields({{"a", value}, {"b", "1"}})));
        ASSERT_TRUE(fields) << value;
        EXPECT_EQ(fields->get("a"), value);
        EXPECT_EQ(fields->get("b"), "1");
    }
    const auto control = parse_flat_xml(write_flat_xml(one_field("a", "x\x01y")));
    ASSERT_TRUE(control);
    EXPECT_EQ(control->get("a"), "x\xEF\xBF\xBDy");
}

TEST(WriteFlatXmlDeathTest, names_cannot_inject) {
    EXPECT_DEATH((void)write_flat_xml(one_field("a><b", "1")), "element name");
}

}  // namespace
}  // namespace huitong::codec
