#[timed]
fn parse(text: &str) -> usize {
    text.len()
}

// becomes

fn parse(text: &str) -> usize {
    #![allow(clippy::items_after_statements)]
    let __perfkit_scope = ::perfkit::__private::Scope::enter({
        fn here() {}
        static SITE: ::perfkit::__private::CallSite =
            ::perfkit::__private::CallSite::new(::perfkit::__private::Name::Path(|| {
                ::perfkit::__private::type_name_of_val(&here)
            }));
        &SITE
    });
    text.len()
}
