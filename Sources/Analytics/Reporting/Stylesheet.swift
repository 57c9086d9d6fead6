import Regimes

/// How the page looks: on a light screen, a dark one and paper. Colours of lines are those of Okabe
/// and Ito (2008), which the colour-blind tell apart; dashes tell them apart in print.
enum Stylesheet {
    static let markup = Markup.style(
        """
        :root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#5a6370;--rule:#d5dae0;\
        --panel:#f5f7f9;--c0:#6b7280;--c1:#b8860b;--c2:#0072b2;--c3:#c0428a;--c4:#007f5f;\
        --c5:#d0480c;\
        --c6:#3a8fc4;--c7:#111827;--good:#00634a;--bad:#9a3412;--heat:0,114,178}
        @media (prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e7eaee;--soft:#a2abb6;\
        --rule:#343b45;--panel:#1d232a;--c0:#9ca3af;--c1:#e0b040;--c2:#56b4e9;--c3:#e08cbe;\
        --c4:#35c49b;\
        --c5:#ff8a4c;--c6:#8fc9ee;--c7:#f3f4f6;--good:#5fd3ae;--bad:#ffa27a;--heat:86,180,233}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);\
        font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
        main{max-width:70rem;margin:0 auto;padding:2.5rem 1.25rem 4rem}
        h1{font-size:1.9rem;line-height:1.2;margin:0 0 .3rem;letter-spacing:-.01em}
        h2{font-size:1.4rem;margin:3rem 0 .6rem;padding-top:1rem;border-top:2px solid var(--ink)}
        h3{font-size:1.08rem;margin:2rem 0 .4rem}
        h4{font-size:.98rem;margin:1.4rem 0 .3rem}
        p{margin:.5rem 0;max-width:48rem}
        .lead{color:var(--soft);margin-bottom:1.5rem}
        .summary{background:var(--panel);border-left:4px solid var(--c2);padding:.6rem 1.2rem 1rem}
        .summary h2{border:0;margin:.4rem 0 0;padding:0;font-size:1.15rem}
        .summary h3{margin:1rem 0 .2rem}
        .summary ul{margin:.3rem 0;padding-left:1.2rem}
        .summary li{margin:.35rem 0;max-width:52rem}
        .verdict{font-size:1.1rem;font-weight:600;max-width:52rem}
        .yes{color:var(--good);font-weight:600}
        .summary table:has(td.list) thead th{text-align:left}
        .no{color:var(--soft)}
        figure{margin:1rem 0 1.4rem}
        figcaption,.note{color:var(--soft);font-size:.87rem;max-width:52rem}
        .chart{width:100%;height:auto;display:block}
        .plot{overflow-x:auto}
        @media screen and (max-width:44rem){.plot .chart{min-width:48rem}\
        caption{max-width:calc(100vw - 4rem)}}
        .row{display:flex;flex-wrap:wrap;gap:1rem 1.5rem}
        .row figure{flex:1 1 17rem;max-width:22rem;margin:.4rem 0}
        .scroll{overflow-x:auto;margin:.6rem 0 1rem}
        table{border-collapse:collapse;font-size:.8rem;font-variant-numeric:tabular-nums;width:100%}
        caption{text-align:left;color:var(--soft);padding:.2rem 0 .4rem;font-size:.87rem}
        th,td{padding:.35rem .5rem;border-bottom:1px solid var(--rule);text-align:right;\
        vertical-align:top;white-space:nowrap}
        th{font-weight:600}
        thead th{vertical-align:bottom;border-bottom:2px solid var(--rule);white-space:normal}
        th[scope=row],thead th:first-child{text-align:left}
        td small{display:block;color:var(--soft);font-size:.73rem}
        td.list{text-align:left;white-space:normal}
        tr.focus{background:var(--panel)}
        tr.focus th{border-left:3px solid var(--c2);padding-left:.4rem}
        td.yes{color:var(--good);font-weight:600}
        .worse{color:var(--bad);font-weight:600}
        .heat table{width:auto}
        .heat td,.heat th{text-align:center;border:1px solid var(--paper)}
        .h0{background:rgba(var(--heat),.04)}.h1{background:rgba(var(--heat),.12)}\
        .h2{background:rgba(var(--heat),.2)}.h3{background:rgba(var(--heat),.3)}\
        .h4{background:rgba(var(--heat),.4)}.h5{background:rgba(var(--heat),.52)}
        td.force{outline:2px solid var(--ink);outline-offset:-2px;font-weight:700}
        .legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;padding:0;\
        margin:.2rem 0 .3rem 3rem;font-size:.84rem}
        .swatch{display:inline-block;width:.9rem;height:.9rem;margin-right:.35rem;\
        vertical-align:-.1rem;\
        border:1px solid var(--rule)}
        pre,code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        pre{background:var(--panel);padding:.7rem .9rem;overflow-x:auto;white-space:pre-wrap;\
        overflow-wrap:anywhere}
        dt{font-weight:600;margin-top:.6rem}
        dd{margin:0 0 .2rem;max-width:52rem;overflow-wrap:anywhere}
        details summary{cursor:pointer;color:var(--soft);margin:.4rem 0}
        .market>summary h2{display:inline;border:0;margin:0;padding:0;color:var(--ink)}
        text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;\
        fill:var(--ink)}
        text.tick{fill:var(--soft);font-size:11px}
        text.end{text-anchor:end}text.middle{text-anchor:middle}
        text.turn{fill:var(--soft);font-size:10px}
        text.head{font-weight:600}
        .grid{stroke:var(--rule);stroke-width:.7}
        .axis{stroke:var(--soft);stroke-width:1}
        .cut{stroke:var(--ink);stroke-width:1.2;stroke-dasharray:5 4}
        .curve{fill:none;stroke-width:1.2;stroke-linejoin:round}
        .focus.curve{stroke-width:2.4}
        .s0{stroke:var(--c0)}.s1{stroke:var(--c1);stroke-dasharray:6 2}\
        .s2{stroke:var(--c2);stroke-dasharray:2 2}.s3{stroke:var(--c3)}\
        .s4{stroke:var(--c4);stroke-dasharray:8 2 2 2}.s5{stroke:var(--c5)}\
        .s6{stroke:var(--c6);stroke-dasharray:4 3}.s7{stroke:var(--c7);stroke-dasharray:1 2}
        line.s0,line.s1,line.s2,line.s3,line.s4,line.s5,line.s6,line.s7{stroke-width:2.4}
        .span{stroke:var(--soft);stroke-width:2}
        .span.sure{stroke:var(--c2);stroke-width:2.6}
        .span.raw{stroke:var(--c0);stroke-width:1.6}
        .hollow{fill:var(--paper);stroke:var(--soft);stroke-width:1.8}
        .solid{fill:var(--c2);stroke:var(--c2)}
        .rawdot{fill:var(--paper);stroke:var(--c0);stroke-width:1.8}
        .bar{fill:var(--rule)}
        @media print{body{font-size:11px}main{max-width:none;padding:0}\
        .swatch,td,rect,tr{print-color-adjust:exact;-webkit-print-color-adjust:exact}\
        figure,.summary,tr{break-inside:avoid}h2,h3,h4{break-after:avoid}.scroll{overflow:visible}}
        """)
    /// The bands of the regimes, light and dark.
    static let regimes = Markup([
        .regimeRules { regime, colours in
            ".r-\(regime.label){fill:\(colours.tint.hex);background:\(colours.tint.hex)}"
        },
        .trustedStyle(
            "@media (prefers-color-scheme:dark){"
                + Regime.allCases.map { regime in
                    let shade = RegimePalette.colours(of: regime).shade.hex
                    return ".r-\(regime.label){fill:\(shade);background:\(shade)}"
                }
                .joined() + "}"),
    ])
}
